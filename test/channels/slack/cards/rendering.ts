import type { PageOption } from '../../../../functions/channels/door.ts'
import { agentLineOf, lineOf, openingLineOf } from '../../../../functions/channels/lines.ts'
import { slackWords as words } from '../../../../functions/channels/slack/words.ts'
import { type AboutOpening, describeOpening } from '../../../../functions/domain/cards/opening-view.ts'
import type { ViewFacts } from '../../../../functions/domain/cards/request-view.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'

export const renderOpening = (
  state: ApprovalRequest,
  about: AboutOpening,
  facts: ViewFacts,
  options: PageOption = {},
) => words.opening(describeOpening(state, facts, about), options)

export const renderLine = (...line: Parameters<typeof lineOf>) => words.say(lineOf(...line))
export const renderNotice = (...notice: Parameters<typeof openingLineOf>) => words.say(openingLineOf(...notice))
export const renderAgentNotice = (...notice: Parameters<typeof agentLineOf>) => words.say(agentLineOf(...notice))
