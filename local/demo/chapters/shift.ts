import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { clientSettings } from '../../emulator.ts'
import type { Local } from '../../local-file.ts'
import { askWithCard } from '../asking.ts'
import { approvedRequest, finding, refused } from '../findings.ts'
import type { World } from '../world.ts'

/** The flags of this name belong to the person on call, and the directory names none. */
const shed = (value: boolean): Ask => ({
  subject: { type: 'agent', id: 'agent:remediator' },
  action: { name: 'flags:set', properties: { environment: 'prod', flag: 'shed-load', value } },
  resource: { type: 'flags:flag', id: 'prod/shed-load' },
  context: { purpose: 'remediation', parent_task: { id: 'INC-4901' } },
})

export async function tellShift(world: World): Promise<void> {
  const { report, local, person, reader } = world
  const agent = await world.agent('agent:remediator')
  const [jade, kofi] = [person('person:jade'), person('person:kofi')]
  await report.expect('Jade is on call, says PagerDuty; people see until when', async () => {
    await passShift(local, 'PJADE01')
    const group = await onCallNow(world)
    return finding(group.members[0]?.person === jade.id && group.members.length === 1, said(group))
  })
  const { id } = await askWithCard(world, agent, shed(true))
  await report.expect('the agent asks for a flag of the person on call, and Kofi may not decide it', async () =>
    refused('409 stage_not_open', async () => kofi.approve(await reader.request(id))),
  )
  await report.expect('Jade may, and does', async () => approvedRequest(await jade.approve(await reader.request(id))))
  const second = await askWithCard(world, agent, shed(false))
  await report.expect('the shift passes to Kofi, with no deployment', async () => {
    await passShift(local, 'PKOFI01')
    const group = await onCallNow(world)
    return finding(group.members[0]?.person === kofi.id && group.members.length === 1, said(group))
  })
  await report.expect('Jade can no longer decide', async () =>
    refused('409 stage_not_open', async () => jade.approve(await reader.request(second.id))),
  )
  await report.expect('Kofi can', async () => approvedRequest(await kofi.approve(await reader.request(second.id))))
}

type Group = { name: string; members: { person: string; until?: string }[]; problem?: string }

async function onCallNow({ reader }: World): Promise<Group> {
  const found = (await reader.groupsNow()).find(({ name }) => name === 'on-call-now')
  if (!found) throw new Error('the organisation has no group `on-call-now`')
  return found
}

const said = ({ members, problem }: Group): string =>
  `${members.map(({ person, until }) => `${person} until ${until}`).join(', ')}${problem === undefined ? '' : `: ${problem}`}`

/** As an edited schedule does; then Hotwork reads it, which it does each minute by itself. */
async function passShift(local: Local, user: string): Promise<void> {
  if (!local.pager) throw new Error('no group of this organisation comes from PagerDuty')
  const response = await fetch(`${local.pager.url}/control/shift`, { method: 'POST', body: JSON.stringify({ user }) })
  if (!response.ok) throw new Error(`the local PagerDuty says ${response.status}: ${await response.text()}`)
  const lambda = new LambdaClient(clientSettings(local.aws))
  const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName: local.aws.refreshGroupsFunction }))
  lambda.destroy()
  if (FunctionError !== undefined) throw new Error(`the groups were not read: ${FunctionError}`)
}
