// Asks Hotwork for a flag, waits for the people who decide, and sets it. openid-client is the OAuth client; nothing
// here is Hotwork's.
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, WORKLOAD_TOKEN, FLAG_URL } = process.env

// For the local stack alone, which speaks plain http.
const { protocol, hostname } = new URL(ISSUER)
const isLocal = protocol === 'http:' && hostname === '127.0.0.1'
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.None(), {
  algorithm: 'oauth2',
  execute: isLocal ? [client.allowInsecureRequests] : [],
})
// The grant is bound to this key. Keep it until the token is used.
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))

/** One call of the token endpoint: a token, or how long to wait. */
async function grant(type, parameters) {
  try {
    return await client.genericGrantRequest(config, type, parameters, { DPoP })
  } catch (fault) {
    const isWait = ['authorization_pending', 'slow_down'].includes(fault.error)
    if (isWait) return fault.cause
    throw new Error(`${fault.error}: ${fault.error_description}`)
  }
}

let answer = await grant('urn:ietf:params:oauth:grant-type:token-exchange', {
  subject_token: WORKLOAD_TOKEN,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  completion_mode: 'deferred',
  authorization_details: JSON.stringify([
    {
      type: 'hotwork_action',
      action: 'flags:set',
      arguments: { environment: 'prod', flag: 'express-checkout', value: true },
      purpose: 'release',
      parent_task: { id: 'REL-7' },
      justification: 'the new checkout is tested and ready',
    },
  ]),
})
let polls = 0
while (answer.error) {
  const pause = answer.interval * (answer.error === 'slow_down' ? 2 : 1)
  await new Promise((resolve) => setTimeout(resolve, pause * 1000))
  polls += 1
  answer = await grant('urn:ietf:params:oauth:grant-type:deferred', { deferral_code: answer.deferral_code })
}

// An approver may have narrowed the request.
const [{ arguments: approved }] = answer.authorization_details
const used = await client.fetchProtectedResource(
  config,
  answer.access_token,
  new URL(FLAG_URL),
  'PUT',
  JSON.stringify({ value: approved.value }),
  new Headers({ 'content-type': 'application/json' }),
  { DPoP },
)
console.log(JSON.stringify({ polls, approved, status: used.status, answer: await used.json() }))
