import { CreateKeyCommand, DisableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import { decodeProtectedHeader } from 'jose'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { KmsKeySet } from '../../../functions/adapters/kms/kms-key-set.ts'
import { KmsSigner } from '../../../functions/adapters/kms/kms-signer.ts'
import { agentKey, credentialId, remediator, requestId, submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { useAws } from '../emulator.ts'

/**
 * Another key takes the place of the one that signs: it is published first, then signs, and the one before is published
 * until its last token has died. Each step is a deployment, and so a key set and verifiers of their own.
 */

useAws()

const issuer = 'https://hotwork.example'
const audience = `${issuer}/aws`
const claims = {
  ...{ iss: issuer, sub: remediator, client_id: 'remediator', aud: audience },
  ...{ iat: submittedAt, nbf: submittedAt, exp: submittedAt + 900, jti: credentialId(1), txn: requestId(1) },
  cnf: { jkt: agentKey },
  authorization_details: [{ type: 'hotwork_action', request: requestId(1) }],
}

async function makeKey(): Promise<string> {
  const command = new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
  return (await new KMSClient({}).send(command)).KeyMetadata?.KeyId as string
}
const signedBy = (key: string) => new KmsSigner(key).sign('at+jwt', claims)
/** The verdict on a token with these keys published. */
async function fares(token: string, ...published: string[]): Promise<string> {
  const verified = await new AccessTokenVerifier(issuer, new KmsKeySet(published), new MemoryClock(submittedAt)).verify(
    token,
    audience,
  )
  return verified.ok ? 'good' : verified.code
}

test('every token is good from before the first step until after the last', async () => {
  const [before, next] = [await makeKey(), await makeKey()]
  const early = await signedBy(before)
  expect(await fares(early, before)).toBe('good')
  // The next is published.
  expect(await fares(early, before, next)).toBe('good')
  // It signs.
  const late = await signedBy(next)
  expect(await fares(early, next, before)).toBe('good')
  expect(await fares(late, next, before)).toBe('good')
  // A verifier of the step before, which is still running, knows it already.
  expect(await fares(late, before, next)).toBe('good')
  // The previous one is retired.
  expect(await fares(late, next)).toBe('good')
  expect(await fares(early, next)).toBe('token_invalid')
})

test('a key that is not published verifies nothing', async () => {
  const [ours, stranger] = [await makeKey(), await makeKey()]
  expect(await fares(await signedBy(stranger), ours)).toBe('token_invalid')
})

test('all are published in order, each under its own id, and the signer names the one that it uses', async () => {
  const [first, second] = [await makeKey(), await makeKey()]
  const { keys } = await new KmsKeySet([first, second]).jwks()
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2)
  expect(decodeProtectedHeader(await signedBy(first)).kid).toBe(keys[0]?.['kid'])
  expect(decodeProtectedHeader(await signedBy(second)).kid).toBe(keys[1]?.['kid'])
})

test.each<[what: string, end: (KeyId: string) => Promise<unknown>]>([
  ['disabled', (KeyId) => new KMSClient({}).send(new DisableKeyCommand({ KeyId }))],
  [
    'to be deleted',
    (KeyId) => new KMSClient({}).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })),
  ],
])('a published key that is %s stops no token of another key', async (_what, end) => {
  const [old, current] = [await makeKey(), await makeKey()]
  const token = await signedBy(current)
  await end(old)
  expect(await fares(token, current, old)).toBe('good')
  expect(await fares(token, old, current)).toBe('good')
})

test('a published key that was deleted stops no token of another key, and vouches for none', async () => {
  const [gone, current] = ['00000000-0000-0000-0000-000000000000', await makeKey()]
  expect(await fares(await signedBy(current), current, gone)).toBe('good')
  await expect(new KmsKeySet([gone]).jwks()).rejects.toThrow('NotFoundException')
})
