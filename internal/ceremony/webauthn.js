// The WebAuthn ceremonies in the browser (WebAuthn Level 3, sections 5.1.3 and 5.1.4): reads the options from a form,
// asks the browser for a key and sends the answer with the form. Forms name the functions below in their nodes; pages
// whose policy forbids inline handlers put the name into data-webauthn-click or data-webauthn-load instead.
(function () {
  'use strict'
  if (window.__oryWebAuthnInitialized) return

  const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  const encode = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(''))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
  const field = (name) => document.getElementsByName(name)[0]
  const withIds = (list) => (list || []).map((entry) => ({ ...entry, id: decode(entry.id) }))

  // Tells the page what went wrong. A page that shows it itself calls preventDefault.
  function failed (error) {
    const shown = !document.dispatchEvent(new CustomEvent('oryWebAuthnError', { bubbles: true, cancelable: true, detail: { name: error && error.name, message: error && error.message } }))
    const texts = document.querySelector('[data-webauthn-errors]')
    if (!shown && texts) {
      const known = JSON.parse(texts.getAttribute('data-webauthn-errors'))
      texts.textContent = known[error && error.name] || known.other || ''
      texts.hidden = texts.textContent === ''
    }
    if (window.console) console.warn('WebAuthn:', error)
  }

  function unsupported () {
    if (window.PublicKeyCredential && navigator.credentials) return false
    failed({ name: 'NotSupportedError', message: 'This browser does not support WebAuthn.' })
    return true
  }

  function creation (options) {
    const o = options.publicKey
    return { publicKey: { ...o, challenge: decode(o.challenge), user: { ...o.user, id: decode(o.user.id) }, excludeCredentials: withIds(o.excludeCredentials) } }
  }

  function request (options) {
    const o = options.publicKey
    return { publicKey: { ...o, challenge: decode(o.challenge), allowCredentials: withIds(o.allowCredentials) } }
  }

  function created (c) {
    const response = { attestationObject: encode(c.response.attestationObject), clientDataJSON: encode(c.response.clientDataJSON) }
    if (c.response.getTransports) response.transports = c.response.getTransports()
    return JSON.stringify({ id: c.id, rawId: encode(c.rawId), type: c.type, response })
  }

  function asserted (c) {
    return JSON.stringify({
      id: c.id,
      rawId: encode(c.rawId),
      type: c.type,
      response: {
        authenticatorData: encode(c.response.authenticatorData),
        clientDataJSON: encode(c.response.clientDataJSON),
        signature: encode(c.response.signature),
        userHandle: c.response.userHandle ? encode(c.response.userHandle) : ''
      }
    })
  }

  // Sends the form that the field is in, past its own validation: what the form asks for besides is not needed.
  // A form of several methods says where this answer goes.
  function send (result, answer) {
    result.value = answer
    const action = result.getAttribute('data-webauthn-action')
    if (action) result.closest('form').action = action
    HTMLFormElement.prototype.submit.call(result.closest('form'))
  }

  function optionsOf (given, trigger) {
    return given || JSON.parse(trigger.value)
  }

  function oryWebAuthnLogin (options, resultSelector = '*[name="webauthn_login"]', triggerSelector = '*[name="webauthn_login_trigger"]') {
    if (unsupported()) return
    const result = document.querySelector(resultSelector)
    return navigator.credentials.get(request(optionsOf(options, document.querySelector(triggerSelector))))
      .then((c) => send(result, asserted(c))).catch(failed)
  }

  function oryWebAuthnRegistration (options, resultSelector = '*[name="webauthn_register"]', triggerSelector = '*[name="webauthn_register_trigger"]') {
    if (unsupported()) return
    const result = document.querySelector(resultSelector)
    // A name that is asked for is asked for before the key is touched.
    const name = result.closest('form') && result.closest('form').elements.namedItem('webauthn_register_displayname')
    if (name && name.required && !name.reportValidity()) return
    return navigator.credentials.create(creation(optionsOf(options, document.querySelector(triggerSelector))))
      .then((c) => send(result, created(c))).catch(failed)
  }

  // The request that waits in the list of suggestions; the button ends it, since a browser runs one ceremony at a time.
  window.abortPasskeyConditionalUI = undefined

  function oryPasskeyLogin () {
    if (unsupported()) return
    if (window.abortPasskeyConditionalUI) window.abortPasskeyConditionalUI.abort('passkey button')
    const result = field('passkey_login')
    return navigator.credentials.get(request(JSON.parse(field('passkey_challenge').value)))
      .then((c) => send(result, asserted(c)))
      .catch((error) => {
        failed(error)
        oryPasskeyLoginAutocompleteInit()
      })
  }

  async function oryPasskeyLoginAutocompleteInit () {
    const result = field('passkey_login')
    const challenge = field('passkey_challenge')
    if (!result || !challenge || !challenge.value || !window.PublicKeyCredential || !PublicKeyCredential.isConditionalMediationAvailable) return
    if (!await PublicKeyCredential.isConditionalMediationAvailable()) return
    const controller = window.abortPasskeyConditionalUI = new AbortController()
    try {
      const c = await navigator.credentials.get({ ...request(JSON.parse(challenge.value)), mediation: 'conditional', signal: controller.signal })
      if (c) send(result, asserted(c))
    } catch (error) {
      if (!controller.signal.aborted) failed(error)
    }
  }

  function register (options, resultName) {
    if (unsupported()) return
    const result = field(resultName)
    return navigator.credentials.create(creation(options)).then((c) => send(result, created(c))).catch(failed)
  }

  function oryPasskeyRegistration () {
    const data = JSON.parse(field('passkey_create_data').value)
    const options = data.credentialOptions
    // A page may have the field once for all methods, or once in the form of each.
    const form = field('passkey_register').closest('form')
    const named = data.displayNameFieldName && (form.elements.namedItem(data.displayNameFieldName) || field(data.displayNameFieldName))
    if (named) {
      // The authenticator lists the key under what was typed, so it must be there.
      if (named.reportValidity && !named.reportValidity()) return
      if (named.value) options.publicKey.user = { ...options.publicKey.user, name: named.value, displayName: named.value }
    }
    return register(options, 'passkey_register')
  }

  function oryPasskeySettingsRegistration () {
    return register(JSON.parse(field('passkey_create_data').value), 'passkey_settings_register')
  }

  const functions = {
    oryWebAuthnLogin, oryWebAuthnRegistration, oryPasskeyLogin, oryPasskeyLoginAutocompleteInit, oryPasskeyRegistration, oryPasskeySettingsRegistration
  }
  for (const name of Object.keys(functions)) {
    window[name] = functions[name]
    window['__' + name] = functions[name]
  }

  function bind () {
    const onward = document.querySelector('a[data-onward]')
    if (onward && !window.PublicKeyCredential) location.replace(onward.href) // what the page offers is not to be had here
    for (const button of document.querySelectorAll('[data-webauthn-click]')) {
      const run = functions[button.getAttribute('data-webauthn-click')]
      button.hidden = !window.PublicKeyCredential
      if (run) button.addEventListener('click', (event) => { event.preventDefault(); run() })
    }
    for (const element of document.querySelectorAll('[data-webauthn-load]')) {
      const run = functions[element.getAttribute('data-webauthn-load')]
      if (run) run()
    }
  }

  window.__oryWebAuthnInitialized = true
  document.dispatchEvent(new CustomEvent('oryWebAuthnInitialized', { bubbles: true })) // some listen at the window
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', bind)
  else bind()
})()
