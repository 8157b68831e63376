import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { act } from '../../../../examples/remediator/act.ts'
import { finding, refusedByIam } from '../findings.ts'
import { type DrillReport, Responder } from '../responder.ts'
import { until } from '../until.ts'
import { Visitor } from '../visitor.ts'
import type { World } from '../world.ts'

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
