import {
  type ApprovalRequest,
  approversOf,
  grantOf,
  openStage,
  type SettledBy,
  usesLeft,
} from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import { type Html, html } from './html.ts'
import { nameOf, type PageBundle } from './request-facts.ts'
import { count, time } from './words.ts'

/** How a request stands in two or three words, and whether that is good, bad or yet to be. */
export type Standing = { words: string; kind: 'wait' | 'go' | 'stop' | 'over' }

export function standingOf(state: ApprovalRequest): Standing {
  switch (state.status) {
    case 'pending': {
      const stage = openStage(state)
      if (!stage) return { words: 'Waiting', kind: 'wait' }
      const escalated = stage.escalatedAt === undefined ? '' : ', escalated'
      const approved = `${approversOf(stage).length} of ${stage.terms.quorum} approved`
      return { words: `Waiting for ${stage.terms.name}: ${approved}${escalated}`, kind: 'wait' }
    }
    case 'approved':
      return { words: state.grant.claimedAt === undefined ? 'Approved, not claimed yet' : 'In use', kind: 'go' }
    case 'completed':
      return { words: `Completed: ${state.outcome}`, kind: 'over' }
    case 'denied':
      return { words: 'Denied', kind: 'stop' }
    case 'expired':
      return { words: 'Expired', kind: 'over' }
    case 'withdrawn':
      return { words: 'Withdrawn', kind: 'over' }
    case 'revoked':
      return { words: 'Revoked', kind: 'stop' }
    default:
      return state satisfies never
  }
}

/** What has become of it, in a sentence: by whom, when and why, or until when. */
export function becameOf(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  const by = (who: SettledBy) => (who === 'system' ? 'a rule of Hotwork' : nameOf(bundle, who))
  const why = (reason: string | undefined) => (reason ? html`: “${reason}”` : '.')
  switch (state.status) {
    case 'pending': {
      const deadline = openStage(state)?.deadline ?? state.decideBy
      return html`To be decided by ${time(deadline, now)}. Silence approves nothing.`
    }
    case 'approved': {
      const { claimedAt, claimBy, notAfter } = state.grant
      const left = count(usesLeft(state), 'use')
      return claimedAt === undefined
        ? html`The agent can claim its credential until ${time(claimBy, now)}; ${left} of it left.`
        : html`The credential is good until ${time(notAfter, now)}; ${left} left.`
    }
    case 'completed':
      return html`The agent reported the end ${time(state.completedAt, now)}${why(state.note)}`
    case 'denied':
      return html`By ${by(state.deniedBy)}, ${time(state.deniedAt, now)}${why(state.reason)}`
    case 'expired':
      return html`Its time was up ${time(state.expiredAt, now)}${grantOf(state) ? '; its credential ended with it.' : '; nothing was approved.'}`
    case 'withdrawn':
      return html`The agent withdrew it ${time(state.withdrawnAt, now)}.`
    case 'revoked':
      return html`By ${by(state.revokedBy)}, ${time(state.revokedAt, now)}${why(state.reason)}`
    default:
      return state satisfies never
  }
}
