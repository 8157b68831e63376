import { rfc3339 } from '../../domain/ledger/ledger.ts'
import type { Json } from '../../domain/values.ts'
import type { Drill } from '../../operations/break-glass/drill.ts'

/** How a drill went, as the API tells it: each step with what it took, what it was held to, and whether that was kept. Seconds. */
export const drillView = ({ state, report }: Drill): { [member: string]: Json } => ({
  id: state.ask.id,
  drill: true,
  status: state.status,
  opened_at: rfc3339(report.openedAt),
  not_after: rfc3339(report.until),
  kept: report.steps.every(({ verdict }) => verdict !== 'missed'),
  steps: report.steps.map(({ step, verdict, within, took }) => ({
    step,
    verdict,
    within_seconds: within,
    ...(took === undefined ? {} : { took_seconds: took }),
  })),
  told: {
    due: report.told.due,
    missing: report.told.missing,
    in_channel: report.told.inChannel,
    paged: report.told.paged,
  },
})
