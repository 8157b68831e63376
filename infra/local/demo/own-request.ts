import type { Step } from '../../../examples/remediator/perform-task.ts'
import { describeTask } from './asking.ts'
import { carryThrough } from './chapters/examples.ts'
import { tellLedger } from './chapters/ledger.ts'
import { finding } from './findings.ts'
import { readAsk, type World } from './world.ts'

/** `npm run demo -- --request FILE`: one request of the caller's own, as the agent it names, and what comes of it. */
export async function tellOwnRequest(world: World, file: string): Promise<void> {
  const { report, local } = world
  let id: string | undefined
  await report.chapter(
    `Your request: ${file}`,
    'Scripted approvers say yes to whatever policy lets them approve.',
    async () => {
      const ask = readAsk(file, local)
      await report.expect('it comes to an end: refused by policy, or approved, done and completed', async () => {
        const end = await carryThrough(
          world,
          ask,
          (step) => {
            if (step.name === 'submitted') id = step.task.task.id
            for (const line of describe(step)) report.note(line)
          },
          (approvals) => {
            for (const { person, stage, through } of approvals) report.note(`${person} approved ${stage} by ${through}`)
          },
        )
        if ('refused' in end)
          return finding(true, `refused: ${end.refused}; nobody was asked, since no approval could help`)
        return finding(end.task.hotwork.grant?.status === 'completed', `${describeTask(end.task)}; ${end.done}`)
      })
    },
  )
  if (id === undefined) return
  const request = id
  await report.chapter('Its record', `The ledger of ${request}.`, () => tellLedger(world, request))
}

function describe(step: Step): string[] {
  switch (step.name) {
    case 'evaluated': {
      const { reason, detail, access_request } = step.evaluation.context
      if (!access_request) return [`${reason}${detail ? `: ${detail}` : ''}`]
      return [`${access_request.display.title}: ${access_request.template}`]
    }
    case 'submitted':
      return [
        `${describeTask(step.task)}, digest ${step.task.hotwork.digest}`,
        ...step.task.hotwork.unpinned.map((line) => `not pinned: ${line}`),
      ]
    case 'approved':
      return [`approved until ${step.task.result?.approval.approved_until}`]
    case 'credential':
      return [step.credentials ? `AWS credentials until ${step.credentials.Expiration}` : 'an access token']
    case 'changed':
    case 'completed':
      return []
    default:
      return step satisfies never
  }
}
