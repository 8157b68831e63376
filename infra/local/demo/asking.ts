import { randomUUID } from 'node:crypto'
import type { Hotwork } from '../../../examples/remediator/hotwork.ts'
import type { Ask, Task } from '../../../examples/remediator/wire.ts'
import type { Card } from './desk-client.ts'
import type { World } from './world.ts'

/** Evaluates and submits in one go. @param until Ends the wait and the grant early. */
export async function askFor(agent: Hotwork, ask: Ask, until?: Date): Promise<Task> {
  return agent.submit(ask, await agent.evaluate(ask), randomUUID(), until)
}

/** Asks, and waits for the card. Takes the time between them as `request to card`. */
export async function askWithCard(world: World, agent: Hotwork, ask: Ask): Promise<{ task: Task; card: Card }> {
  const evaluation = await agent.evaluate(ask)
  const sentAt = Date.now()
  const task = await agent.submit(ask, evaluation, randomUUID())
  const card = await world.desk.untilCard(task.task.id)
  world.report.latency('request to card', card.postedAt - sentAt)
  return { task, card }
}

/** A task in a line. */
export const describeTask = ({ task, hotwork }: Task): string => {
  const stages = hotwork.stages.map(({ name, quorum, decisions }) => `${name} ${decisions.approve} of ${quorum}`)
  return `${task.id} ${task.status}, tier ${hotwork.tier}${stages.length > 0 ? `, ${stages.join(', ')}` : ''}`
}
