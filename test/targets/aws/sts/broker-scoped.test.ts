import { STSClient } from '@aws-sdk/client-sts'
import { BrokerRefused, BrokerUnavailable } from '../../../../functions/operations/faults.ts'
import type { AssumeAsk } from '../../../../functions/targets/aws/ports.ts'
import { StsBroker } from '../../../../functions/targets/aws/sts/broker.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { makeTargetRole } from '../iam/target-role.ts'
import { askOf, credentials, refusal, startSts } from './sts-endpoint.ts'

/**
 * `GetScopedCredentials` cuts a session to the second. If the Region has no such call, or the role may not make it, the plain
 * session is given, which the time condition of its policy ends.
 */

const ask: AssumeAsk = { ...askOf('arn:aws:iam::000000000000:role/hotwork/target'), scopedSeconds: 42 }

const assumed = { AssumeRole: () => credentials('AssumeRole', 'ASIASESSION000000000') }
const scoped = { GetScopedCredentials: () => credentials('GetScopedCredentials', 'ASIASCOPED0000000000') }

async function withSts<T>(
  answers: Parameters<typeof startSts>[0],
  act: (broker: StsBroker, sts: Awaited<ReturnType<typeof startSts>>, log: MemoryLog) => Promise<T>,
): Promise<T> {
  const sts = await startSts(answers)
  const client = (accessKeyId: string, sessionToken?: string) =>
    new STSClient({
      endpoint: sts.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey: 'secret', ...(sessionToken === undefined ? {} : { sessionToken }) },
    })
  try {
    const log = new MemoryLog()
    const broker = new StsBroker(log, client('AKIABROKER0000000000'), (session) =>
      client(session.accessKeyId, session.sessionToken),
    )
    return await act(broker, sts, log)
  } finally {
    await sts.close()
  }
}

test('a session is made with its tags, then cut by itself to the policy and the exact seconds', async () => {
  await withSts({ ...assumed, ...scoped }, async (broker, sts) => {
    expect(await broker.assume(ask)).toEqual({
      accessKeyId: 'ASIASCOPED0000000000',
      secretAccessKey: 'secret of ASIASCOPED0000000000',
      sessionToken: 'token of ASIASCOPED0000000000',
    })
    expect(sts.operations()).toEqual(['AssumeRole', 'GetScopedCredentials'])
    const [[made], [cut]] = [sts.asked('AssumeRole'), sts.asked('GetScopedCredentials')]
    expect(made?.form.get('Tags.member.1.Key')).toBe('hotwork:request')
    expect(made?.form.get('SourceIdentity')).toBe(ask.sourceIdentity)
    expect(cut?.accessKeyId).toBe('ASIASESSION000000000')
    expect(cut?.form.get('Policy')).toBe(ask.policy)
    expect(cut?.form.get('DurationSeconds')).toBe('42')
  })
})

test.each([
  [0, '1'],
  [1, '1'],
  [899, '890'],
  [3000, '890'],
])('a session of %d wanted seconds is cut to %s: at least one, at most the rest of the session', (seconds, sent) =>
  withSts({ ...assumed, ...scoped }, async (broker, sts) => {
    await broker.assume({ ...ask, scopedSeconds: seconds })
    expect(sts.asked('GetScopedCredentials')[0]?.form.get('DurationSeconds')).toBe(sent)
  }),
)

test('a session is not cut unless asked to', () =>
  withSts({ ...assumed, ...scoped }, async (broker, sts) => {
    const { scopedSeconds: _, ...plain } = ask
    expect(await broker.assume(plain)).toMatchObject({ accessKeyId: 'ASIASESSION000000000' })
    expect(sts.operations()).toEqual(['AssumeRole'])
    expect(sts.asked('AssumeRole')[0]?.form.get('Policy')).toBe(ask.policy)
  }))

test.each(['InvalidAction', 'AccessDenied', 'NotImplemented'])(
  'a plain session with the policy is given if STS answers `%s`, and later ones are not cut',
  (code) =>
    withSts({ ...assumed, GetScopedCredentials: () => refusal(code, 403) }, async (broker, sts) => {
      for (let n = 0; n < 2; n++) await broker.assume(ask)
      expect(sts.operations()).toEqual(['AssumeRole', 'GetScopedCredentials', 'AssumeRole', 'AssumeRole'])
      // Only the session to be cut had no policy, and it was given to no agent.
      expect(sts.asked('AssumeRole').map(({ form }) => form.get('Policy'))).toEqual([null, ask.policy, ask.policy])
    }),
)

test('each uncut session is logged with its request and role, and a cut one is not', () =>
  withSts({ ...assumed, GetScopedCredentials: () => refusal('AccessDenied', 403) }, async (broker, _sts, log) => {
    const line = {
      level: 'error',
      message: 'session_not_cut',
      fields: { role: ask.role, request: ask.sessionName, fault: 'AccessDenied' },
    }
    for (const lines of [1, 2]) {
      await broker.assume(ask)
      expect(log.lines).toEqual(Array.from({ length: lines }, () => line))
    }
    await withSts({ ...assumed, ...scoped }, async (cutting, _, quiet) => {
      await cutting.assume(ask)
      const { scopedSeconds: _seconds, ...plain } = ask
      await cutting.assume(plain)
      expect(quiet.lines).toEqual([])
    })
  }))

test('an uncut session is neither wider nor longer: STS gets the same call as without cutting', () =>
  withSts({ ...assumed, GetScopedCredentials: () => refusal('AccessDenied', 403) }, async (broker, sts) => {
    const { scopedSeconds: _, ...plain } = ask
    await broker.assume(ask)
    await broker.assume(plain)
    const [, fallback, usual] = sts.asked('AssumeRole').map(({ form }) => [...form.entries()].sort())
    expect(fallback).toEqual(usual)
  }))

test('a role that may not cut does not affect another', () => {
  const other = 'arn:aws:iam::111111111111:role/hotwork/target'
  let answers = 0
  const once = () => (answers++ === 0 ? refusal('AccessDenied', 403) : scoped.GetScopedCredentials())
  return withSts({ ...assumed, GetScopedCredentials: once }, async (broker) => {
    expect(await broker.assume(ask)).toMatchObject({ accessKeyId: 'ASIASESSION000000000' })
    expect(await broker.assume({ ...ask, role: other })).toMatchObject({ accessKeyId: 'ASIASCOPED0000000000' })
    expect(await broker.assume(ask)).toMatchObject({ accessKeyId: 'ASIASESSION000000000' })
  })
})

test.each<[code: string, fault: typeof BrokerRefused | typeof BrokerUnavailable]>([
  ['PackedPolicyTooLarge', BrokerRefused],
  ['MalformedPolicyDocument', BrokerRefused],
  ['InsufficientSessionLifetime', BrokerUnavailable],
  ['InternalFailure', BrokerUnavailable],
])('another failure of cutting (`%s`) gives no session', (code, fault) =>
  withSts({ ...assumed, GetScopedCredentials: () => refusal(code) }, async (broker, sts) => {
    await expect(broker.assume(ask)).rejects.toThrow(fault)
    expect(sts.operations()).toEqual(['AssumeRole', 'GetScopedCredentials'])
  }),
)

useAws()

test('an STS without cutting gives a plain session', async () => {
  const session = await new StsBroker(new MemoryLog()).assume({ ...ask, role: await makeTargetRole() })
  expect(session.accessKeyId).toMatch(/^ASIA/)
})
