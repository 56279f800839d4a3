// What this adds works without it too: it shows passwords on demand, says how strong one is and what is wrong with a
// field before the form is sent, writes times in the reader's zone, and sends a form only once.
'use strict';

const texts = JSON.parse(document.body.dataset.texts);
let pressed = false;
addEventListener('pointerdown', (event) => (pressed = !!event.target.closest('button')));
for (const type of ['pointerup', 'pointercancel']) addEventListener(type, () => (pressed = false));

for (const form of document.forms) {
  for (const input of form.querySelectorAll('.field input')) {
    if (input.type === 'password') {
      reveal(input);
      warnOfCapsLock(input);
      if (input.autocomplete === 'new-password') judgeStrength(input);
    }
    checkOnLeaving(input);
  }
  form.addEventListener('submit', sendOnce);
}
for (const codes of document.querySelectorAll('[data-keep]')) keepCodes(codes);
if (window.PublicKeyCredential) for (const hint of document.querySelectorAll('[data-without-keys]')) hint.remove();
for (const time of document.querySelectorAll('time[datetime]')) localise(time);

// A page that comes back from the browser's memory can be sent again.
addEventListener('pageshow', () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('[type="submit"]')) button.removeAttribute('aria-disabled');
  }
});

function sendOnce(event) {
  const form = event.currentTarget;
  // A button that sends the form elsewhere is another method's, which asks for the traits alone.
  const other = event.submitter?.hasAttribute('formaction');
  // A button with a name beside the field for a code asks for something else, such as another code.
  const unasked = (input) => (other ? /password$/.test(input.autocomplete) : event.submitter?.name && input.autocomplete === 'one-time-code');
  const wrong = [...form.querySelectorAll('.field input')].filter((input) => !unasked(input) && !check(input));
  if (form.dataset.sent || wrong.length) {
    event.preventDefault();
    wrong[0]?.focus();
    return;
  }
  form.dataset.sent = 'yes';
  for (const input of form.querySelectorAll('.secret input')) input.type = 'password';
  for (const button of form.querySelectorAll('[type="submit"]')) button.setAttribute('aria-disabled', 'true');
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent?.append(element);
  return element;
}

function reveal(input) {
  const box = make('span', 'secret');
  const button = make('button', '');
  button.type = 'button';
  button.setAttribute('aria-controls', input.id);
  const show = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? texts.hide : texts.show;
    button.setAttribute('aria-label', shown ? texts.hide_label : texts.show_label);
  };
  button.addEventListener('click', () => show(input.type === 'password'));
  show(false);
  input.replaceWith(box);
  box.append(input, button);
}

function warnOfCapsLock(input) {
  const note = make('p', 'hint', input.closest('.field'));
  note.setAttribute('role', 'status');
  const judge = (event) => {
    const on = event.type !== 'blur' && event.getModifierState && event.getModifierState('CapsLock');
    note.textContent = on ? texts.caps_lock : '';
  };
  for (const type of ['keydown', 'keyup']) input.addEventListener(type, judge);
  onLeaving(input, judge);
}

// The server judges; this only guesses what it will say and how soon another would guess the password.
function judgeStrength(input) {
  const hint = document.getElementById(input.id + '-hint');
  const meter = make('p', 'strength', input.closest('.field'));
  meter.setAttribute('role', 'status');
  meter.hidden = true;
  const least = Number(input.dataset.min) || 1;
  const judge = () => {
    const word = input.value;
    const long = [...word].length >= least;
    const similar = isSimilar(word, input.form);
    const level = !long || similar ? 0 : strength(word);
    hint?.classList.toggle('met', long && !similar);
    if (long) hint?.classList.remove('unmet');
    meter.hidden = word === '';
    meter.dataset.level = level;
    const says = similar ? texts.similar : [texts.weak, texts.fair, texts.good, texts.strong][level];
    if (meter.textContent !== says) meter.textContent = says;
  };
  input.addEventListener('input', judge);
  onLeaving(input, () => hint?.classList.toggle('unmet', input.value !== '' && [...input.value].length < least));
  judge();
}

// From 0 to 3 by the bits that the characters in it carry, those that repeat or follow each other counting little.
function strength(word) {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^\p{L}0-9]/u, /[^\x00-\x7f]/u].filter((kind) => kind.test(word)).length;
  let news = 0;
  [...word].forEach((letter, i, all) => {
    const step = i ? letter.codePointAt(0) - all[i - 1].codePointAt(0) : 9;
    news += Math.abs(step) < 2 ? 0.3 : all.indexOf(letter) < i ? 0.6 : 1;
  });
  const bits = news * (2.5 + kinds * 0.7);
  return bits < 28 ? 0 : bits < 40 ? 1 : bits < 55 ? 2 : 3;
}

function isSimilar(word, form) {
  const lower = word.toLowerCase();
  return [...form.elements].some((other) => {
    if (!/^(text|email)$/.test(other.type) || other.parentNode.className === 'secret') return false;
    const known = other.value.toLowerCase().split('@')[0];
    return known.length > 3 && lower.length > 3 && (lower.includes(known) || known.includes(lower));
  });
}

// What appears or goes while a button is being pressed would move the button from under the pointer, and the press with it.
function onLeaving(input, act) {
  input.addEventListener('blur', (event) => pressed || act(event));
}

function checkOnLeaving(input) {
  let typed = false;
  input.addEventListener('input', () => {
    typed = true;
    if (input.getAttribute('aria-invalid')) check(input);
  });
  onLeaving(input, () => typed && check(input));
}

// Says whether a field may be sent, and beside it why not. What the server said stays until something is typed.
function check(input) {
  let wrong = '';
  const box = input.type === 'checkbox';
  if (box) wrong = input.required && !input.checked ? texts.tick : '';
  else if (input.required && input.value.trim() === '') wrong = texts.required;
  else if (input.type === 'email' && input.value && !/^\S+@\S+$/.test(input.value.trim())) wrong = texts.email;
  const field = input.closest('.field');
  const id = input.id + '-error';
  let note = document.getElementById(id);
  if (!wrong && !(note && (box ? input.checked !== input.defaultChecked : input.value !== input.defaultValue))) return true;
  if (!note && wrong) {
    note = make('div', 'error', field);
    note.id = id;
    note.setAttribute('aria-live', 'polite');
  }
  field.classList.toggle('wrong', !!wrong);
  note.replaceChildren();
  if (wrong) make('p', '', note).textContent = wrong;
  const describers = new Set((input.getAttribute('aria-describedby') || '').split(' ').filter(Boolean));
  describers[wrong ? 'add' : 'delete'](id);
  if (wrong) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  input.setAttribute('aria-describedby', [...describers].join(' '));
  return !wrong;
}

// Recovery codes are copied, downloaded or printed; a secret of one line is copied alone.
function keepCodes(codes) {
  const lines = [...codes.querySelectorAll('code')].map((code) => code.textContent);
  const tools = make('div', 'tools');
  const add = (text, action) => {
    const button = make('button', 'small', tools);
    button.type = 'button';
    button.textContent = text;
    button.addEventListener('click', () => action(button));
  };
  if (navigator.clipboard) add(texts.copy, (button) => navigator.clipboard.writeText(lines.join('\n')).then(() => (button.textContent = texts.copied)));
  if (lines.length > 1) {
    add(texts.download, () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([lines.join('\n') + '\n'], { type: 'text/plain' }));
      link.download = 'codes.txt';
      link.click();
    });
    add(texts.print, () => print());
  }
  codes.after(tools);
}

function localise(time) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' });
  // Lines break between the date and the time and before the year, and nowhere else.
  let bound = false;
  const parts = format.formatToParts(new Date(time.dateTime)).map(({ type, value }, i, all) => {
    bound ||= type === 'hour';
    const around = [all[i - 1]?.type, all[i + 1]?.type];
    return bound || (around.includes('day') && around.includes('month')) ? value.replaceAll(' ', '\u00a0') : value;
  });
  time.firstElementChild.textContent = parts.join('');
}
