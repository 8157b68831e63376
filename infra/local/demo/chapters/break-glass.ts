import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { act, withCredentials } from '../../../../examples/remediator/act.ts'
import type { AwsCredentials } from '../../../../examples/remediator/wire.ts'
import { findBreak } from '../chain.ts'
import { type DrillReport, type Emergency, Responder } from '../person.ts'
import { finding, refusedByHotwork, refusedByIam, until } from '../report.ts'
import { Visitor } from '../visitor.ts'
import { readParameter, type World } from '../world.ts'

/** The whole of it with credentials that can do nothing, so that the first time is not the night of an emergency. */
export async function tellDrill(world: World): Promise<void> {
  const { report, person, local, desk } = world
  const kofi = await Responder.connect(local.apiUrl, person('person:kofi'))
  const hana = await Responder.connect(local.apiUrl, person('person:hana'))
  const drill = {
    profile: 'checkout-recovery',
    reason: 'The drill of this month: whether everybody is told, and whether it ends.',
    incident: 'INC-4900',
    minutes: 1,
    drill: true,
  }
  const { id } = await report.expect('Kofi drills what Jade did, and it is open at once', async () => {
    const opened = await kofi.open(drill, 'strong')
    return finding(opened.id.startsWith('bgl_'), `${opened.id} until ${opened.not_after}`, opened)
  })
  await report.expect('the card says that it is a drill, so that nobody runs', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes(drill.reason))
    return finding(/drill/i.test(card.says), `"${card.says.slice(0, 120).trim()}..."`)
  })
  await report.expect('IAM refuses his AWS credentials the very thing that is open', async () => {
    const { access_token } = await kofi.exchangeToken(id)
    const credentials = await kofi.awsCredentials(access_token)
    const { action } = world.example('prod-payment-timeout')
    return refusedByIam(() => act(action, { region: local.aws.region, endpoint: local.aws.endpointUrl }, credentials))
  })
  await report.expect('everybody who was to be told was', async () => {
    const { told } = await until(
      async () => {
        const so = await kofi.drillReport(id)
        return so.steps.some(({ step, verdict }) => step === 'tell' && verdict !== 'waiting') ? so : undefined
      },
      { withinMilliseconds: 90_000, what: 'everybody has been told of the drill' },
    )
    return finding(
      told.in_channel && told.missing.length === 0,
      `the channel, and ${told.due} people directly; not told: ${told.missing.join(', ') || 'nobody'}`,
    )
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
    await page.press('Hana Hoshi')
    const file = join(world.folder, 'drill-report.html')
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

/** The minute is over: nobody ended it, everything of it is dead, it is not opened again at once, and somebody looks. */
export async function tellBreakGlassEnd(world: World, glass: BrokenGlass): Promise<void> {
  const { report, local, desk } = world
  const { jade, hana, emergency, id, accessToken, credentials, until: end } = glass
  const aws = { region: local.aws.region, endpoint: local.aws.endpointUrl }
  const { action } = world.example('prod-payment-timeout')
  await delay(Math.max(0, end - Date.now()))
  await report.expect('it has ended by itself: IAM refuses the credentials', () =>
    refusedByIam(() => act(action, aws, credentials)),
  )
  await report.expect('Hotwork gives no credentials for its token, and no new token', async () => {
    const byBroker = await refusedByHotwork(() => jade.awsCredentials(accessToken), { status: 401 })
    const byToken = await refusedByHotwork(() => jade.exchangeToken(id), {
      status: 400,
      code: 'invalid_authorization_details',
    })
    return finding(byBroker.held && byToken.held, `${byBroker.found}; ${byToken.found}`)
  })
  await report.expect('the card says so by itself, with what was done', async () => {
    const card = await desk.untilCard(id, ({ says }) => /ended/i.test(says))
    return finding(/by itself/.test(card.says), `"${card.says.slice(0, 200).trim()}..."`)
  })
  await report.expect('it cannot be made longer by opening it again: there is a time to cool down', () =>
    refusedByHotwork(
      () => jade.open({ ...emergency, reason: 'Payments time out once more, and it is the same repair.' }, 'strong'),
      { status: 409, code: 'cool_down' },
    ),
  )
  await report.expect('Jade cannot review it herself', () =>
    refusedByHotwork(() => jade.review(id, 'justified', 'it was me'), { status: 403 }),
  )
  await report.expect('Hana, of security, reads the record, and says that it was justified', async () => {
    const { review } = await hana.review(id, 'justified', 'Checkout was down, and the repair was the right one.')
    const entries = await hana.ledger(id)
    const broken = findBreak(id, entries)
    const held = review.status === 'done' && review.by === 'person:hana'
    const said = entries.map(({ type }) => type).join(', ')
    return finding(held && broken === undefined, broken ?? `${review.outcome} by ${review.by}; ${said}`)
  })
}

/** What is open when the chapter is told, and ends by itself while others are. */
export interface BrokenGlass {
  jade: Responder
  hana: Responder
  emergency: Emergency
  id: string
  accessToken: string
  credentials: AwsCredentials
  /** Milliseconds since 1970. */
  until: number
}

/** Somebody on call opens, for a minute, what policy lets them open, with nobody asked first. */
export async function tellBreakGlass(world: World): Promise<BrokenGlass> {
  const { report, person, local, desk } = world
  const aws = { region: local.aws.region, endpoint: local.aws.endpointUrl }
  const jade = await Responder.connect(local.apiUrl, person('person:jade'))
  const hana = await Responder.connect(local.apiUrl, person('person:hana'))
  const emergency = {
    profile: 'checkout-recovery',
    reason: 'Payments time out and no owner answers the phone: setting the timeout back to three seconds.',
    incident: 'INC-4830',
    minutes: 1,
  }
  await report.expect('Jade is on call; a usual login is too weak to break the glass', () =>
    refusedByHotwork(() => jade.open(emergency), { status: 401, code: 'insufficient_user_authentication' }),
  )
  await report.expect('a reason that is none is refused', () =>
    refusedByHotwork(() => jade.open({ ...emergency, reason: 'fix it' }, 'strong'), { status: 400 }),
  )
  const began = Date.now()
  const opened = await report.expect('with a stronger one it is open at once, and nobody was asked', async () => {
    const opened = await jade.open(emergency, 'strong')
    report.latency('break-glass to open', Date.now() - began)
    const { id, not_after, review, budget_left_minutes } = opened
    const held = id.startsWith('bgl_') && review.status === 'due'
    return finding(
      held,
      `${id} until ${not_after}, ${budget_left_minutes} min of budget left, review due ${review.due_at}`,
      opened,
    )
  })
  const { id } = opened
  await report.expect('everybody sees it: a loud card in the channel says who, why, what and until when', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes(emergency.reason))
    report.latency('break-glass to card', card.postedAt - began)
    return finding(/Jade Jones/.test(card.says), `"${card.says.slice(0, 160).trim()}..."`)
  })
  await report.expect('a second opening is refused while this one lives: no window is longer than its own', () =>
    refusedByHotwork(() => jade.open({ ...emergency, reason: `${emergency.reason} Again.` }, 'strong'), {
      status: 409,
      code: 'already_open',
    }),
  )
  const { action } = world.example('prod-payment-timeout')
  const [accessToken, credentials] = await report.expect(
    'Jade gets AWS credentials of her own, bound to her key, and puts the parameter right',
    async () => {
      const { access_token } = await jade.exchangeToken(id)
      const credentials = await jade.awsCredentials(access_token)
      await act(action, aws, credentials)
      const value = await readParameter(local.aws, String(action.properties['Name']))
      const held =
        value === action.properties['Value'] && Date.parse(credentials.Expiration) <= Date.parse(opened.not_after)
      return finding(
        held,
        `the parameter is ${value}; the credentials end at ${credentials.Expiration}, not after the opening`,
        [access_token, credentials] as const,
      )
    },
  )
  await report.expect('IAM refuses them what the profile does not name', () => {
    const ssm = new SSMClient(withCredentials(aws, credentials))
    return refusedByIam(() => ssm.send(new DeleteParameterCommand({ Name: String(action.properties['Name']) })))
  })
  report.note('It ends by itself, in a minute. Nobody waits for that: other chapters come first.')
  return { jade, hana, emergency, id, accessToken, credentials, until: Date.parse(opened.not_after) }
}
