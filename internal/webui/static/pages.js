// What this adds works without it too: it shows passwords on demand, says when
// Caps Lock is on or a password is long enough, and sends a form only once.
'use strict';

for (const form of document.forms) {
  for (const input of form.querySelectorAll('input[type="password"]')) {
    reveal(input, form.dataset);
    warnOfCapsLock(input, form.dataset);
    if (input.dataset.min) watchLength(input);
  }
  form.addEventListener('submit', sendOnce);
}

// A page that comes back from the browser's memory can be sent again.
addEventListener('pageshow', () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('[type="submit"]')) button.removeAttribute('aria-disabled');
  }
});

function sendOnce(event) {
  const form = event.currentTarget;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  for (const input of form.querySelectorAll('.secret input')) input.type = 'password';
  for (const button of form.querySelectorAll('[type="submit"]')) button.setAttribute('aria-disabled', 'true');
}

function reveal(input, texts) {
  const box = document.createElement('span');
  box.className = 'secret';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = texts.show;
  button.setAttribute('aria-label', texts.showlabel);
  button.setAttribute('aria-controls', input.id);
  button.addEventListener('click', () => {
    const shown = input.type === 'password';
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? texts.hide : texts.show;
    button.setAttribute('aria-label', shown ? texts.hidelabel : texts.showlabel);
  });
  input.replaceWith(box);
  box.append(input, button);
}

function warnOfCapsLock(input, texts) {
  const note = document.createElement('p');
  note.className = 'hint';
  note.setAttribute('role', 'status');
  input.closest('.field').append(note);
  const judge = (event) => {
    const on = event.type !== 'blur' && event.getModifierState && event.getModifierState('CapsLock');
    note.textContent = on ? texts.capslock : '';
  };
  for (const type of ['keydown', 'keyup', 'blur']) input.addEventListener(type, judge);
}

function watchLength(input) {
  const hint = document.getElementById(input.id + '-hint');
  const judge = () => hint.classList.toggle('met', [...input.value].length >= Number(input.dataset.min));
  input.addEventListener('input', judge);
  judge();
}
