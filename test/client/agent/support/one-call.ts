import { appendFileSync } from 'node:fs'
import { Hotwork } from '../../../../client/index.ts'

/**
 * One process of an agent: asks for a call and does it, by a line in a file. `HOTWORK_TEST_DIE` kills it there, as the
 * system does when memory runs out. Prints the outcome.
 */
const [callId = '', file = ''] = process.argv.slice(2)
const die = process.env['HOTWORK_TEST_DIE']
const token = process.env['HOTWORK_TEST_TOKEN'] ?? ''

async function act(): Promise<string> {
  const permit = await new Hotwork({ identity: async () => token }).permit({
    action: 'ssm:PutParameter',
    arguments: { Name: '/staging/checkout/payment-timeout-ms', Value: '3000', Overwrite: true },
    purpose: 'remediation',
    parentTask: { id: 'INC-4822' },
    callId,
  })
  if (permit.outcome !== 'approved') return `${permit.outcome} ${'reason' in permit ? permit.reason : ''}`
  if (die === 'before') process.kill(process.pid, 'SIGKILL')
  return permit.use(() => {
    appendFileSync(file, 'done\n')
    if (die === 'within') process.kill(process.pid, 'SIGKILL')
    return 'ran'
  })
}

const became = await act().catch((error: { name: string; became?: string; message: string }) =>
  error.name === 'AlreadyRun' ? `${error.name} ${error.became}` : `${error.name} ${error.message}`,
)
process.stdout.write(became)
