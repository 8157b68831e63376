import { setTimeout as delay } from 'node:timers/promises'
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { act, withCredentials } from '../act.ts'
import { withArguments } from '../asking.ts'
import { finding } from '../findings.ts'
import { performTask } from '../perform-task.ts'
import type { Actual } from '../person.ts'
import type { World } from '../world.ts'

/** Hotwork looks once a minute, and waits for CloudTrail first. */
const longestWait = 180_000

/** An agent does what was approved, and more with the same credentials: what IAM lets through is found. */
export async function tellActual({ report, reader, aws, agent: agentOf, example }: World): Promise<void> {
  const agent = await agentOf('agent:remediator')
  const ask = withArguments(example('staging-payment-timeout'), { Value: '3000' })
  const { Name } = ask.action.properties
  const id = await report.expect(
    'an agent does what was approved, and then more with the same credentials',
    async () => {
      const { task } = await performTask(agent, ask, async (credentials, _token, approved) => {
        if (!credentials) throw new Error('no credentials came')
        const config = withCredentials(aws, credentials)
        const [ssm, sts] = [new SSMClient(config), new STSClient(config)]
        await act(approved.action, aws, credentials)
        // IAM counts no calls, and does not read the value.
        await ssm.send(new PutParameterCommand({ Name: String(Name), Value: '1', Overwrite: true }))
        await sts.send(new GetCallerIdentityCommand({}))
        await ssm.send(new GetParameterCommand({ Name: String(Name) })).catch(() => undefined)
        return 'done, and more'
      })
      return finding(task.status === 'approved', `${task.id} ${task.status}`, task.id)
    },
  )
  await report.expect('each call of the session is told: approved, extra, or refused by AWS', async () => {
    const { calls } = await reader.actual(id)
    const verdicts = calls.map(({ verdict }) => verdict).toSorted()
    return finding(verdicts.join() === 'approved,extra,extra,refused', calls.map(describe).join('; '))
  })
  await report.expect(
    'once CloudTrail has had its time, the extra calls are on record; the alarm names `extra_calls`',
    async () => {
      const until = Date.now() + longestWait
      for (;;) {
        const compared = (await reader.ledger(id)).find(({ type }) => type === 'CallsCompared')
        if (compared) {
          const { extra, extraCalls, refused } = compared.facts
          const found = `${extraCalls} extra (${String(extra)}), ${refused} refused, in entry ${compared.id}`
          return finding(extraCalls === 2 && refused === 1, found)
        }
        if (Date.now() > until) return finding(false, 'no entry came')
        await delay(2000)
      }
    },
  )
  await report.expect('what the agent used is summed, with what less would have been enough', async () => {
    const { actions } = await reader.usage('agent:remediator')
    const used = actions.find(({ action }) => action === ask.action.name)
    const bounds = (used?.bounds ?? []).map(({ argument, keyword }) => `${argument}: ${keyword}`)
    return finding((used?.extra_calls ?? 0) >= 2 && bounds.length > 0, `narrower by ${bounds.join(', ')}`)
  })
}

const describe = ({ action, verdict, because, error }: Actual['calls'][number]): string =>
  `${action} ${verdict}${because === undefined ? '' : ` (${because})`}${error === undefined ? '' : ` (${error})`}`
