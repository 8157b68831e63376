import type { RichTextElement, RichTextSection } from '@slack/types'
import {
  type ApprovalRequest,
  approversOf,
  type Decision,
  filled,
  openStage,
  type StageState,
} from '../../domain/requests/request.ts'
import { bold, said, section, time, words } from './blocks.ts'
import type { CardFacts } from './card-facts.ts'
import { quoted, whoOf } from './card-status.ts'

/** Each stage: how many of how many, who and in whose stead, what they said, and whether it is its turn. */
export function stagesOf(facts: CardFacts, state: ApprovalRequest, lines: number): RichTextSection[] {
  const open = state.status === 'pending' ? openStage(state) : undefined
  return state.stages.map((stage) => section(...stageLine(facts, state, stage, open, lines)))
}

function stageLine(
  facts: CardFacts,
  state: ApprovalRequest,
  stage: StageState,
  open: StageState | undefined,
  lines: number,
): RichTextElement[] {
  const denials = stage.decisions.filter(({ verdict }) => verdict === 'deny')
  const unasked = stage.decisions.length === 0 && stage.opensAt === undefined && !filled(stage)
  if (unasked && state.status !== 'pending') return [bold(stage.terms.name), words(': its turn never came.')]
  const head = [
    bold(stage.terms.name),
    ...(denials.length > 0 && approversOf(stage).length === 0
      ? []
      : [
          words(`: approved ${approversOf(stage).length} of ${stage.terms.quorum}`),
          ...approvedBy(facts, stage, lines),
        ]),
    // Why stands above, beside the status.
    ...denials.map((denial) => words(`: denied by ${deciderOf(facts, denial)}`)),
  ]
  if (stage !== open) return [...head, ...(unasked ? [words('; not open yet.')] : stopAfter(head))]
  const until = stage.deadline === undefined ? [] : [words(' until '), time(stage.deadline)]
  return [...head, words('; open now'), ...until, words(`.${wantsOf(stage)}`)]
}

function approvedBy(facts: CardFacts, { decisions }: StageState, lines: number): RichTextElement[] {
  const approvals = decisions.filter(({ verdict }) => verdict === 'approve')
  const shown = approvals.slice(0, lines)
  const more = approvals.length > shown.length ? ` and ${approvals.length - shown.length} more` : ''
  return [
    ...shown.flatMap((decision, index) => [
      words(`${index === 0 ? ' by ' : ', '}${deciderOf(facts, decision)}`),
      ...(decision.comment === undefined ? [] : [words(': '), said(quoted(decision.comment, 160))]),
    ]),
    ...(more === '' ? [] : [words(more)]),
  ]
}

/** The end of a sentence; none after what a person said, which has its own. */
const stopAfter = (parts: readonly RichTextElement[]): RichTextElement[] => {
  const last = parts.at(-1)
  return last?.type === 'text' && last.style?.italic ? [] : [words('.')]
}

/** Both names where one decides in another's stead: whose right it was, and who used it. */
export const deciderOf = (
  facts: Pick<CardFacts, 'directory'>,
  { person, for: absent }: Pick<Decision, 'person' | 'for'>,
) => (absent === undefined ? whoOf(facts, person) : `${whoOf(facts, person)} in the stead of ${whoOf(facts, absent)}`)

/** Does approving here take more of a login than a press in Slack is? */
export const wantsLogin = ({ terms }: StageState): boolean => terms.acr !== undefined || terms.maxAge !== undefined

const wantsOf = (stage: StageState): string =>
  [
    wantsLogin(stage) ? ' Approving needs a stronger login than a click.' : '',
    stage.terms.comment === 'required' ? ' Approving needs a reason.' : '',
  ].join('')
