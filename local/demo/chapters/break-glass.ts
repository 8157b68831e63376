import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { AwsCredentials } from '../../../functions/domain/cards/wire/task.ts'
import { act, withCredentials } from '../act.ts'
import { findBreak } from '../chain.ts'
import { finding, refused, refusedByIam, until, untilDead } from '../findings.ts'
import type { DrillReport, OpeningTerms, Person } from '../person.ts'
import { Visitor } from '../visitor.ts'
import { readParameter, type World } from '../world.ts'

/** `until`: milliseconds since 1970. */
export type LiveOpening = { opener: Person; terms: OpeningTerms; id: string; until: number } & Issued
type Issued = { accessToken: string; credentials: AwsCredentials }

export async function tellBreakGlass(world: World): Promise<void> {
  const kofi = world.person('person:kofi')
  const reason = 'Payments time out and no owner answers the phone: setting the timeout back to three seconds.'
  const opening = await tellOpening(world, kofi, reason)
  const since = await world.report.expect('Kofi has repaired it, and ends the opening himself', async () => {
    const began = Date.now()
    await kofi.end(opening.id)
    return finding(true, `ended ${Math.round((opening.until - began) / 1000)} s before its time`, began)
  })
  const again = { ...opening.terms, reason: `${reason} It is the same repair.` }
  await world.report.expect('it cannot be made longer by opening it again: there is a time to cool down', () =>
    refused('409 cool_down', () => kofi.open(again, 'strong')),
  )
  await tellEnded(world, opening, /ended/i)
  await world.report.expect('ended: IAM refuses the credentials', () =>
    untilDead(world.report, { latency: 'break-glass end to refusal by IAM', since }, () => repair(world, opening)),
  )
}

/** For one minute, which is left to run out while other chapters are told. */
export async function tellMinute(world: World): Promise<LiveOpening> {
  const reason = 'The payment provider is slow again and no owner answers the phone: three seconds once more.'
  const opening = await tellOpening(world, world.person('person:jade'), reason)
  world.report.note('It ends by itself, in a minute. Other chapters come first.')
  return opening
}

/** All of it is dead although no person ended it. */
export async function tellMinuteEnd(world: World, opening: LiveOpening): Promise<void> {
  await delay(Math.max(0, opening.until - Date.now()))
  await tellEnded(world, opening, /ended by itself/i)
  await world.report.expect('it has ended by itself: IAM refuses the credentials', () =>
    refusedByIam(() => repair(world, opening)),
  )
}

async function tellOpening(world: World, opener: Person, reason: string): Promise<LiveOpening> {
  const { report, local, aws, desk } = world
  const { name } = opener
  const terms = { profile: 'checkout-recovery', reason, incident: 'INC-4830', minutes: 1 }
  await report.expect(`${name} is on call; a usual login is too weak for break-glass`, () =>
    refused('401 insufficient_user_authentication', () => opener.open(terms)),
  )
  await report.expect('a reason that explains nothing is refused', () =>
    refused('400', () => opener.open({ ...terms, reason: 'fix it' }, 'strong')),
  )
  const began = Date.now()
  const opened = await report.expect('with a stronger one it is open at once, and no person was asked', async () => {
    const opened = await opener.open(terms, 'strong')
    report.latency('break-glass to open', Date.now() - began)
    const { id, not_after, review, budget_left_minutes } = opened
    const held = id.startsWith('bgl_') && review.status === 'due'
    const left = `${budget_left_minutes} min of budget left, review due ${review.due_at}`
    return finding(held, `${id} until ${not_after}, ${left}`, opened)
  })
  const { id } = opened
  await report.expect('a loud card in the channel says who opened what, why and until when', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes(reason))
    report.latency('break-glass to card', card.postedAt - began)
    return finding(card.says.includes(name), `"${card.says.slice(0, 160).trim()}..."`)
  })
  await report.expect('a second opening is refused while this one lives: none lasts longer than its own time', () =>
    refused('409 already_open', () => opener.open({ ...terms, reason: `${reason} Again.` }, 'strong')),
  )
  const { Name, Value } = world.example('prod-payment-timeout').action.properties
  const live = await report.expect(
    `${name} gets AWS credentials, bound to a key of their own, and repairs it`,
    async () => {
      const accessToken = (await opener.exchangeToken(id)).access_token
      const credentials = await opener.awsCredentials(accessToken)
      const live = { opener, terms, id, accessToken, credentials, until: Date.parse(opened.not_after) }
      await repair(world, live)
      const value = await readParameter(local, Name)
      const held = value === Value && Date.parse(credentials.Expiration) <= live.until
      const ends = `the credentials end at ${credentials.Expiration}, not after the opening`
      return finding(held, `the parameter is ${value}; ${ends}`, live)
    },
  )
  await report.expect('IAM refuses them what the profile does not name', () => {
    const ssm = new SSMClient(withCredentials(aws, live.credentials))
    return refusedByIam(() => ssm.send(new DeleteParameterCommand({ Name: String(Name) })))
  })
  return live
}

const repair = ({ aws, example }: World, { credentials }: Pick<Issued, 'credentials'>) =>
  act(example('prod-payment-timeout').action, aws, credentials)

async function tellEnded(world: World, opening: LiveOpening, onTheCard: RegExp): Promise<void> {
  const { report, desk } = world
  const { opener, id, accessToken } = opening
  const hana = world.person('person:hana')
  await report.expect('Hotwork gives no credentials for its token, and no new token', async () => {
    const byBroker = await refused('401', () => opener.awsCredentials(accessToken))
    const byToken = await refused('400', () => opener.exchangeToken(id), /^400 (completed|expired):/)
    return finding(byBroker.held && byToken.held, `${byBroker.found}; ${byToken.found}`)
  })
  await report.expect('the card says that it has ended', async () => {
    const card = await desk.untilCard(id, ({ says }) => onTheCard.test(says))
    return finding(true, `"${card.says.slice(0, 200).trim()}..."`)
  })
  await report.expect(`${opener.name} cannot review what they opened`, () =>
    refused('403', () => opener.review(id, 'justified', 'it was me')),
  )
  await report.expect('Hana, of security, reads the record, and says that it was justified', async () => {
    const { review } = await hana.review(id, 'justified', 'Checkout was down, and the repair was the right one.')
    const entries = await hana.ledger(id)
    const broken = findBreak(id, entries)
    const held = review.status === 'done' && review.by === hana.id && broken === undefined
    const said = entries.map(({ type }) => type).join(', ')
    return finding(held, broken ?? `${review.outcome} by ${review.by}; ${said}`)
  })
}

export async function tellDrill(world: World): Promise<void> {
  const { report, person, local, aws, desk } = world
  const [kofi, hana] = [person('person:kofi'), person('person:hana')]
  const drill = {
    profile: 'checkout-recovery',
    reason: 'The drill of this month: whether all who must be told are told, and whether it ends.',
    incident: 'INC-4900',
    minutes: 1,
    drill: true,
  }
  const { id } = await report.expect('Kofi opens the same as a drill, and it is open at once', async () => {
    const opened = await kofi.open(drill, 'strong')
    return finding(opened.id.startsWith('bgl_'), `${opened.id} until ${opened.not_after}`, opened)
  })
  await report.expect('the card says that it is a drill, so that no person runs', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes(drill.reason))
    return finding(/drill/i.test(card.says), `"${card.says.slice(0, 120).trim()}..."`)
  })
  await report.expect('IAM refuses his AWS credentials the very thing that is open', async () => {
    const { access_token } = await kofi.exchangeToken(id)
    const credentials = await kofi.awsCredentials(access_token)
    return refusedByIam(() => act(world.example('prod-payment-timeout').action, aws, credentials))
  })
  await report.expect('all who were to be told were', async () => {
    const look = async () => {
      const { steps, told } = await kofi.drillReport(id)
      return steps.some(({ step, verdict }) => step === 'tell' && verdict !== 'waiting') ? told : undefined
    }
    const told = await until(look, { withinSeconds: 90, what: 'all have been told of the drill' })
    const held = told.in_channel && told.missing.length === 0
    return finding(held, `the channel, and ${told.due} people directly; not told: ${told.missing.join(', ') || 'none'}`)
  })
  await report.expect('Kofi ends it, and Hana reviews it', async () => {
    await kofi.end(id)
    const { review } = await hana.review(id, 'justified', 'A drill, announced beforehand.')
    return finding(review.status === 'done', `${review.outcome} by ${review.by}`)
  })
  await report.expect('the report holds each step to what a break-glass promises', async () => {
    const measured = await kofi.drillReport(id)
    report.table(rowsOf(measured))
    return finding(measured.kept, measured.kept ? 'every promise kept' : 'not every promise kept')
  })
  await report.expect('the same is a page, drawn', async () => {
    const page = new Visitor()
    await page.visit(`${local.apiUrl}/break-glass/${id}/drill`)
    await page.click('Hana Hoshi')
    const file = join(world.stack.folder, 'drill-report.html')
    writeFileSync(file, page.html)
    return finding(page.says.includes('Drill: every promise kept'), `kept as ${file}; it opens in any browser`)
  })
}

const rowsOf = ({ steps }: DrillReport): string[][] => [
  ['step', 'took', 'at most', ''],
  ...steps.map(({ step, verdict, within_seconds, took_seconds }) => [
    step,
    took_seconds === undefined ? '-' : `${took_seconds} s`,
    `${within_seconds} s`,
    verdict.replace('_', ' '),
  ]),
]
