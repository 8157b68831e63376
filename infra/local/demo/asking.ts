import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Hotwork } from '../../../examples/remediator/hotwork.ts'
import { type Ask, Refusal, type Task } from '../../../examples/remediator/wire.ts'
import type { Card } from './desk-client.ts'
import type { Person, Request } from './person.ts'
import type { World } from './world.ts'

/** One approval on the way: whose, of which stage, and through which door it counted in the end. */
export interface Approval {
  person: string
  stage: string
  through: 'a click' | 'the API'
}

/**
 * Approves a request stage after stage, as people would: by clicks on its card, and through the API with a stronger
 * login where a click is not enough. Whom policy lets decide is not known here, so the likely ones are tried first.
 * @returns the approvals that counted, and the request as it then is
 * @throws When a stage is open and nobody can approve it.
 */
export async function approveThrough(world: World, task: Task): Promise<{ approvals: Approval[]; request: Request }> {
  const approvals: Approval[] = []
  let request = await world.reader.request(task.task.id)
  while (request.status === 'pending') {
    const { stage } = request
    if (stage === null) throw new Error(`${request.id} is pending, and no stage of it is open`)
    const approval = await approveOnce(world, request, stage)
    if (!approval) throw new Error(`nobody could approve stage \`${stage}\` of ${request.id}`)
    approvals.push(approval)
    request = await world.reader.request(request.id)
  }
  return { approvals, request }
}

async function approveOnce(world: World, request: Request, stage: string): Promise<Approval | undefined> {
  const card = await world.desk.untilCard(request.id)
  for (const person of likelyFirst(world, stage)) {
    if (hasDecided(request, person) || person.id === request.owner) continue
    await world.desk.click(card, 'approve', person.slackUserId)
    if (hasDecided(await world.reader.request(request.id), person))
      return { person: person.id, stage, through: 'a click' }
    try {
      await person.decide(request, 'approve')
      return { person: person.id, stage, through: 'the API' }
    } catch (fault) {
      if (!(fault instanceof Refusal) || fault.status >= 500) throw fault
    }
  }
  return undefined
}

/** Those in a group of the stage's name or with the same last word, such as `payments-owners` for `owner`. */
function likelyFirst({ people }: World, stage: string): Person[] {
  const fits = ({ groups }: Person) => groups.some((group) => group === stage || group.endsWith(`-${stage}s`))
  // Who is in fewer groups is asked first, so that those who could fill another stage stay free for it.
  const byGroups = people.toSorted((a, b) => a.groups.length - b.groups.length)
  return [...byGroups.filter(fits), ...byGroups.filter((person) => !fits(person))]
}

const hasDecided = ({ stages }: Request, { id }: Person) =>
  stages.some(({ decisions }) => decisions.some(({ person }) => person === id))

/** A row of the table in examples/requests/README.md. */
export interface ExampleRow {
  /** The file's name, without `.json`. */
  name: string
  agent: string
  /** The tier, or the reason of a refusal that no approval can change. */
  outcome: number | string
}

/** Reads the table that people read, so that it cannot say one thing and the demo hold another. */
export function readExampleTable(path: string): ExampleRow[] {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| `([\w-]+)\.json` *\| `([\w:-]+)` *\| (?:(\d)|`(\w+)`) *\|/gm)
  return [...rows].map(([, name = '', agent = '', tier, reason = '']) => ({
    name,
    agent,
    outcome: tier === undefined ? reason : Number(tier),
  }))
}

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
