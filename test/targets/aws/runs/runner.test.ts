import type { Ask } from '../../../../functions/domain/record/request.ts'
import type { CredentialId, UseId } from '../../../../functions/domain/values.ts'
import { BrokerRefused } from '../../../../functions/operations/faults.ts'
import type { AssumeAsk, ModelCaller } from '../../../../functions/targets/aws/ports.ts'
import { callMakerOf } from '../../../../functions/targets/aws/reach.ts'
import { keyOf } from '../../../../functions/targets/aws/runs/start-run.ts'
import { MemoryCaller } from '../../../support/credentials/memory-caller.ts'
import { MemoryClock } from '../../../support/memory-clock.ts'
import { readerAs, runNamed } from './played.ts'

/** A run is started by a role of its own, in a session for that run alone. */

const use = 'use_00000000000000000000000001' as UseId
const credential = 'crd_00000000000000000000000001' as CredentialId
const role = 'arn:aws:iam::111122223333:role/runbook'

function world(name: string, { runs = true, refuses = false, runsAs = role } = {}) {
  const { bundle, example } = runNamed(name)
  const asked: AssumeAsk[] = []
  const called: { operation: string; arguments: object }[] = []
  const models: ModelCaller = {
    async call({ model, arguments: args }) {
      called.push({ operation: model.operation, arguments: args })
      return { AutomationExecutionId: 'run-1', executionArn: 'arn:run-1', build: { id: 'run-1' }, StatusCode: 200 }
    },
  }
  const caller = new MemoryCaller()
  const maker = callMakerOf({
    ...{ policy: { bundle }, targetRole: 'hotwork/Hotwork-target', clock: new MemoryClock(1_700_000_000), caller },
    broker: {
      async assume(ask) {
        asked.push(ask)
        if (refuses) throw new BrokerRefused('no')
        return { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' }
      },
    },
    ...(runs && { runs: { runnerRole: 'hotwork/Hotwork-runner', models, aws: readerAs('reader', models) } }),
  })
  const agent = { id: 'agent:a' }
  const ask = { id: 'req_00000000000000000000000001', action: name, arguments: example, agent, owner: 'person:a' }
  const whole = { ...ask, ...(runsAs && { runsAs }), digest: 'sha-256:x', classification: 'internal' } as unknown as Ask
  return {
    ...{ asked, called, caller },
    make: () => maker.make(whole, credential, undefined, use),
    lookUp: () => maker.lookUp(whole, { id: use, credential, begunAt: 1_700_000_000 }),
  }
}

test.each(['runbook:RestartInstance', 'states:StartExecution', 'codebuild:StartBuild'])(
  'a run of %s is started as the runner, with the key of its use, and never as the target role',
  async (name) => {
    const { make, asked, called, caller } = world(name)
    expect(await make()).toMatchObject({
      outcome: 'started',
      run: name === 'states:StartExecution' ? keyOf(use) : 'run-1',
    })
    expect(asked.map((each) => each.role)).toEqual(['arn:aws:iam::111122223333:role/hotwork/Hotwork-runner'])
    expect(JSON.stringify(called).replaceAll('-', '')).toContain(keyOf(use).slice(0, 32))
    expect(caller.done).toEqual([])
  },
)

test('the session of an automation passes the role of its entry to Systems Manager alone', async () => {
  const { make, asked } = world('runbook:RestartInstance')
  await make()
  const { Statement } = JSON.parse(asked[0]?.policy ?? '{}')
  expect(Statement[1]).toMatchObject({
    ...{ Effect: 'Allow', Action: ['iam:PassRole'], Resource: [role] },
    Condition: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
  })
  expect(Statement.slice(2)).toEqual([
    { Sid: 'NoPivot', Effect: 'Deny', Action: ['sts:*', 'organizations:*'], Resource: '*' },
    { Sid: 'NoOtherRole', Effect: 'Deny', Action: 'iam:*', NotResource: role },
  ])
})

test.each(['states:StartExecution', 'codebuild:StartBuild', 'lambda:InvokeFunction'])(
  'the session of %s passes no role',
  async (name) => {
    const { make, asked } = world(name)
    await make()
    expect(asked[0]?.policy).not.toContain('PassRole')
    expect(asked[0]?.policy).toContain('"iam:*"')
  },
)

test('a function is told at once', async () => {
  expect(await world('lambda:InvokeFunction').make()).toMatchObject({ outcome: 'told', output: { StatusCode: 200 } })
})

test('a role that STS refuses starts nothing', async () => {
  const { make, called } = world('codebuild:StartBuild', { refuses: true })
  expect([await make(), called]).toEqual([{ outcome: 'refused', reason: 'BrokerRefused' }, []])
})

test('a run without an approved role is refused, and starts nothing', async () => {
  const { make, asked } = world('codebuild:StartBuild', { runsAs: '' })
  expect([await make(), asked]).toEqual([{ outcome: 'refused', reason: 'BrokerRefused' }, []])
})

test('a run without a runner is refused, and its look-up is unknown', async () => {
  const { make, lookUp, asked } = world('codebuild:StartBuild', { runs: false })
  expect([await make(), await lookUp(), asked]).toEqual([
    { outcome: 'refused', reason: 'BrokerRefused' },
    { found: 'unknown' },
    [],
  ])
})

test('a lost start is looked up by the reader, without a session of the runner', async () => {
  const { lookUp, asked, called } = world('codebuild:StartBuild')
  expect(await lookUp()).toEqual({ found: 'not_done' })
  expect([asked, called.map(({ operation }) => operation)]).toEqual([[], ['ListBuildsForProject']])
})
