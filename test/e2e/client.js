// The published client of version 0.5, and what its users do with it.
import assert from 'node:assert/strict'
import kratos from '@oryd/kratos-client'

const { Configuration, PublicApi } = kratos

// publicClient calls a server as its documentation says.
export const publicClient = (server) => new PublicApi(new Configuration({ basePath: server.publicURL }))

export const asSession = (token) => ({ headers: { 'X-Session-Token': token } })

export async function register(api, person) {
  const { data: flow } = await api.initializeSelfServiceRegistrationViaAPIFlow()
  const { data } = await api.completeSelfServiceRegistrationFlowWithPasswordMethod(flow.id, {
    'traits.email': person.email,
    password: person.password,
  })
  return data
}

export async function logIn(api, person) {
  const { data: flow } = await api.initializeSelfServiceLoginViaAPIFlow()
  const { data } = await api.completeSelfServiceLoginFlowWithPasswordMethod(flow.id, {
    identifier: person.email,
    password: person.password,
  })
  return data
}

// refused returns the answer to a call that must fail with this status.
export async function refused(status, call) {
  const error = await call.then(
    ({ status: got, data }) => assert.fail(`answered ${got}: ${JSON.stringify(data)}`),
    (error) => error,
  )
  assert.equal(error.response?.status, status, error.response ? JSON.stringify(error.response.data) : error.message)
  noNulls(error.response.data)
  return error.response.data
}

// The strict clients of other languages refuse null where the document names a type.
export function noNulls(value, path = 'answer') {
  assert.notEqual(value, null, `${path} is null`)
  if (typeof value !== 'object') return
  for (const [name, member] of Object.entries(value)) noNulls(member, `${path}.${name}`)
}

// ids of the messages of a flow or field.
export const ids = (messages) => (messages ?? []).map((message) => message.id)
