import { GetWebIdentityTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { type Refusal, systemCodeOf, Trouble, wrongUsage } from '../outcome.ts'
import { unavailable } from './workload-token.ts'

/** AWS's token for this program's role: STS outbound identity federation. */
export async function fetchWebIdentityToken(
  audience: string,
  signal: AbortSignal,
  noRole: () => Refusal = ownRefusal,
): Promise<string> {
  const client = makeClient()
  try {
    await client.config.credentials()
    const ask = { Audience: [audience], SigningAlgorithm: 'ES384', DurationSeconds: 300 }
    const { WebIdentityToken: token } = await client.send(new GetWebIdentityTokenCommand(ask), { abortSignal: signal })
    if (token) return token
    throw unavailable('the answer of AWS STS has no token')
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof Trouble ? cause : troubleOf(cause, noRole)
  } finally {
    client.destroy()
  }
}

/** Silences the SDK's warning about an old Node: the package brings the SDK, so the user cannot act on it. */
function makeClient(): STSClient {
  const { env } = process
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'
  const before = env[name]
  env[name] = 'true'
  try {
    return new STSClient({ maxAttempts: 2 })
  } finally {
    if (before === undefined) delete env[name]
    else env[name] = before
  }
}

const ownRefusal = (): Refusal =>
  wrongUsage('there are no AWS credentials here', '`aws sts get-caller-identity` says why')

function troubleOf(cause: unknown, noRole: () => Refusal): Trouble {
  if (!(cause instanceof Error)) return unavailable('AWS STS failed')
  const { name, message } = cause
  if (/^(CredentialsProviderError|TokenProviderError)$/.test(name)) return noRole()
  if (message === 'Region is missing') return wrongUsage('the Region of AWS STS is missing', 'set `AWS_REGION`')
  if (/^AccessDenied/.test(name))
    return wrongUsage(
      'this AWS role may not ask for a token of its own',
      'allow it `sts:GetWebIdentityToken` for this audience, ES384 and 300 s (docs/identity.md)',
    )
  if (/^OutboundWebIdentityFederationDisabled/.test(name))
    return wrongUsage(
      'this AWS account gives out no web identity tokens',
      'an administrator runs `aws iam enable-outbound-web-identity-federation` once (docs/identity.md)',
    )
  return unavailable(`AWS STS: ${systemCodeOf(cause) ?? name}`)
}
