import assert from 'node:assert/strict'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { resolveIdentity } from '../../client/identity/identity.ts'
import { pause } from '../../client/surroundings.ts'
import { IdentityVerifier } from '../../functions/adapters/jose/identity.ts'
import type { SpiffeIssuer } from '../../functions/domain/people/identity-issuer.ts'
import { KeyNotYetKnown } from '../../functions/operations/faults.ts'
import { runSuite, type Step, say } from '../suites.ts'
import { findOrBuildSpire, version } from './binaries.ts'
import { type Spire, startSpire } from './spire.ts'

/**
 * `npm run test:spire`: JWT-SVIDs of a real SPIRE, fetched as the client does, and verified by the adapter against the
 * server's own bundle, through a rotation of its key. Builds SPIRE first if it is not there. Exit 0 only if every
 * expectation held.
 */

const trustDomain = 'hotwork.test'
const workload = `spiffe://${trustDomain}/ns/payments/sa/remediator`
const own = 'https://hotwork.example'

/** The real time, plus skipped seconds: no test waits for a cooldown. */
let skipped = 0
const clock = { now: () => Math.floor(Date.now() / 1000) + skipped }

async function tellTheStory(spire: Spire, step: Step): Promise<void> {
  const issuer: SpiffeIssuer = {
    kind: 'spiffe',
    trustDomain,
    bundleEndpoint: spire.bundleEndpoint,
    audience: '{issuer}',
    algorithms: ['RS256', 'ES256'],
  }
  const verifier = new IdentityVerifier({ clusters: issuer }, own, clock)
  const codeOf = async (svid: string) => {
    const verified = await verifier.verify(svid).catch((fault: unknown) => {
      if (fault instanceof KeyNotYetKnown) return { ok: false, code: 'in_doubt' } as const
      throw fault
    })
    return verified.ok ? 'accepted' : verified.code
  }

  const machine = { env: { SPIFFE_ENDPOINT_SOCKET: spire.workloadApi }, folder: '/', now: () => new Date(), pause }
  await step('the client is told to register what the agent does not know', async () => {
    const identity = resolveIdentity('spiffe', machine)
    await assert.rejects(identity(own), { name: 'Refusal', exit: 2, message: /knows no identity of this process/ })
  })

  const first = await step(`the agent gives the workload a JWT-SVID for ${own}`, async () => {
    await spire.register(workload)
    const svid = await spire.fetchSvid(own)
    say(
      `its header has ${Object.keys(decodeProtectedHeader(svid)).join(', ')}; its claims are ${Object.keys(decodeJwt(svid)).join(', ')}`,
    )
    say(`its audience is ${JSON.stringify(decodeJwt(svid).aud)}`)
    return svid
  })

  await step('it is verified by the keys that the server shows, and is the workload', async () => {
    const verified = await verifier.verify(first)
    assert.ok(verified.ok, JSON.stringify(verified))
    const { alias, subject, issuer: of, claims } = verified.value
    assert.deepEqual(
      { alias, subject, of, claims },
      {
        alias: 'clusters',
        subject: workload,
        of: `spiffe://${trustDomain}`,
        claims: {},
      },
    )
  })

  await step('the client gets such an SVID too, of the same Workload API', async () => {
    const identity = resolveIdentity(undefined, machine)
    const svid = await identity(own)
    assert.equal(await codeOf(svid), 'accepted')
    assert.equal(decodeJwt(svid).sub, workload)
    assert.equal(await identity(own), svid)
  })

  await step('an SVID for another audience, or with a letter changed, is refused', async () => {
    assert.equal(await codeOf(await spire.fetchSvid('https://payments.example')), 'audience_mismatch')
    assert.equal(await codeOf(await spire.fetchSvid(`${own},https://payments.example`)), 'audience_mismatch')
    const [header, payload, signature = ''] = first.split('.')
    const changed = (signature[9] === 'A' ? 'B' : 'A') + signature.slice(10)
    assert.equal(await codeOf([header, payload, signature.slice(0, 9) + changed].join('.')), 'token_invalid')
  })

  await step('an SVID of a trust domain that is not on the list is refused', async () => {
    const other = new IdentityVerifier({ clusters: { ...issuer, trustDomain: 'hotwork.tes' } }, own, clock)
    const verified = await other.verify(first)
    assert.equal(verified.ok ? 'accepted' : verified.code, 'issuer_unknown')
  })

  const { old, now } = await step('the server begins to sign with another key', async () => {
    const keys = await spire.rotateKey()
    say(`${keys.old} before, ${keys.now} now`)
    return keys
  })
  assert.equal(decodeProtectedHeader(first).kid, old)

  await step('within the cooldown its keys are not asked for again, so the new one is in doubt', async () => {
    assert.equal(await codeOf(await spire.mintSvid(workload, own)), 'in_doubt')
  })

  await step('after it, both keys are believed', async () => {
    skipped += 30
    assert.equal(await codeOf(await spire.mintSvid(workload, own)), 'accepted')
    assert.equal(await codeOf(first), 'accepted')
  })

  // An agent gives out cached SVIDs until it learns that their key is tainted.
  const second = await step(
    'the server taints the old key, and the agent comes with an SVID of the new one',
    async () => {
      await spire.taint(old)
      return spire.fetchSvid(own, (svid) => decodeProtectedHeader(svid).kid === now)
    },
  )

  await step('the server revokes the old key, and a token that it signed is refused', async () => {
    await spire.revoke(old)
    skipped += 30
    // An unknown key id makes the verifier fetch the keys again.
    assert.equal(await codeOf(withKeyId(second, 'unknown')), 'token_invalid')
    assert.equal(await codeOf(second), 'accepted')
    assert.equal(await codeOf(first), 'token_invalid')
  })
}

function withKeyId(svid: string, kid: string): string {
  const [, ...rest] = svid.split('.')
  const header = JSON.stringify({ ...decodeProtectedHeader(svid), kid })
  return [Buffer.from(header).toString('base64url'), ...rest].join('.')
}

// A signal ends this program, and SPIRE dies at its exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

console.log(`SPIRE ${version}: JWT-SVIDs of a real server and agent, on loopback`)
await runSuite(
  'spire',
  () => findOrBuildSpire(say),
  async (binaries, step) => {
    const spire = await step(`start a server and an agent of ${trustDomain}`, () => startSpire(binaries, trustDomain))
    try {
      await tellTheStory(spire, step)
    } finally {
      await spire.close()
    }
  },
)
