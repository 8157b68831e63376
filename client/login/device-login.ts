// Rules: test/client/login-elsewhere.test.ts
import * as client from 'openid-client'
import { lines } from '../screen.ts'
import type { Surroundings } from '../surroundings.ts'
import { notLoggedIn } from './login.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'

/**
 * RFC 8628: the person types a code in a browser elsewhere. The polling loop is ours, since that of `openid-client`
 * stops when one answer is lost.
 */
export async function logInElsewhere(
  provider: client.Configuration,
  asked: { readonly [parameter: string]: string },
  how: string,
  { err, pause, now }: Surroundings,
): Promise<client.TokenEndpointResponse> {
  const device = await client.initiateDeviceAuthorization(provider, asked)
  err(
    lines(
      `${how}: open`,
      `  ${device.verification_uri}`,
      `in a browser, on any machine, and type the code ${device.user_code}`,
    ),
  )
  const end = now().getTime() + device.expires_in * 1000
  let seconds = device.interval ?? 5
  while (now().getTime() < end) {
    await pause(seconds * 1000)
    const { device_code } = device
    const resource = asked['resource'] === undefined ? {} : { resource: asked['resource'] }
    const answer = await client.genericGrantRequest(provider, grantType, { device_code, ...resource }).catch(waiting)
    if (typeof answer !== 'string') return answer
    // RFC 8628 section 3.5: slower after `slow_down`, and after a lost answer.
    if (answer === 'slower') seconds += 5
  }
  throw tooLate()
}

function waiting(cause: unknown): 'same' | 'slower' {
  const code = cause instanceof client.ResponseBodyError ? cause.error : undefined
  if (code === 'authorization_pending') return 'same'
  if (code === 'expired_token') throw tooLate()
  if (code === 'slow_down' || isLost(cause)) return 'slower'
  throw cause
}

/** True if there was no answer, or a proxy's answer. A lost connection has no error code. */
const isLost = (cause: unknown) =>
  cause instanceof TypeError ||
  (cause instanceof client.ClientError && (cause.code === undefined || codesOfLost.includes(cause.code)))
const codesOfLost = ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON']

const tooLate = () => notLoggedIn('the code was not typed in time', 'run the command again for another code')
