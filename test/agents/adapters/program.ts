import { appendFileSync } from 'node:fs'
import { Hotwork } from '../../../client/index.ts'
import type { Driver } from './drivers/driver.ts'

/**
 * One process of an agent, under the named framework. Prints `waits` when people are asked, and then the results that
 * the model got.
 */

const [framework = '', FunctionName = '', file = ''] = process.argv.slice(2)
const { HOTWORK_TEST_TOKEN: token = '', HOTWORK_TEST_DIE: die } = process.env

const { drive } = (await import(`./drivers/${framework}.ts`)) as { drive: Driver }
const send = globalThis.fetch
globalThis.fetch = async (...call) => {
  const answer = await send(...call)
  if (String(call[0]).includes('/access/v1/requests') && answer.status === 202) console.log('waits')
  return answer
}
const told = await drive({
  calls: [{ id: 'call_1', tool: 'configure', input: { FunctionName, Timeout: 5 } }],
  gating: {
    ...{ hotwork: new Hotwork({ identity: async () => token }), purpose: 'remediation' },
    ...{ parentTask: { id: 'INC-4822' }, tools: { configure: { action: 'lambda:UpdateFunctionConfiguration' } } },
  },
  work: () => {
    appendFileSync(file, 'done\n')
    if (die === 'within') process.kill(process.pid, 'SIGKILL')
    return 'configured'
  },
})
console.log(JSON.stringify(told))
