import { openingMembers } from '../../../../functions/adapters/http/views.ts'
import { drawOpeningPage } from '../../../../functions/adapters/pages/opening-page.ts'
import { drawOpeningCard } from '../../../../functions/channels/slack/cards/opening-card.ts'
import { drawOpeningRow } from '../../../../functions/channels/slack/cards/rows.ts'
import { describeOpening, type OpeningView } from '../../../../functions/domain/cards/opening-view.ts'
import { person, sampleBundle, start } from '../../../support/world.ts'
import { page } from '../edge/door.ts'
import { type Drawn, everyOpening } from './openings.ts'
import { holdToTable, type Paths, type Row } from './view-table.ts'

/** The view of an opening, and the renderers that show each of its members. */

const bundle = sampleBundle()
let drawn: ReadonlyMap<string, Drawn>
beforeAll(async () => {
  drawn = await everyOpening(bundle)
})

const renderers = {
  card: (view: OpeningView) => drawOpeningCard(view, { page }),
  list: drawOpeningRow,
  /**
   * The page for a person who may end and review it. Credentials and calls belong to its evidence, outside the view.
   */
  page: (view: OpeningView) =>
    drawOpeningPage({
      view,
      whyNot: { end: undefined, review: undefined },
      reader: { name: 'Ana', csrf: 'x', person: person('ana') },
      now: start,
    }),
  api: openingMembers,
}

const later = start + 12_345
const [ended, other] = ['ended by the person', 'person:other']
const digest = `sha-256:${'x'.repeat(43)}`

const table: { readonly [path in Paths<OpeningView>]: Row } = {
  id: ['open', `bgl_${'1'.repeat(26)}`, 'card page api'],
  digest: ['open', digest, 'card page api'],
  'title.text': ['open', 'another title', 'card list page'],
  'title.isValue': ['open', true, 'card list page'],
  // People know it by its title and its rights.
  action: ['open for one action', 'other:Action', 'card api'],
  'resource.type': ['open', 'other:type', 'api'],
  'resource.id': ['open', 'arn:other', 'api'],
  environment: ['open', 'staging', 'card list page api'],
  classification: ['open', 'secret', 'card page'],
  arguments: ['open', { Other: 1 }, 'card page api'],
  unpinned: ['open', 'something else', 'card page api'],
  submittedAt: ['open', start - 60, 'card list page api'],
  status: [ended, 'expired', 'card list page api'],
  progress: [ended, 'justified', 'card list page'],
  'person.id': ['open', other, 'card list page api'],
  'person.name': ['open', 'Other Name', 'card list page'],
  profile: ['open', 'another', 'card page api'],
  reason: ['open', 'another reason', 'card page api'],
  incident: ['open', 'INC-1', 'card page api'],
  drill: ['open', true, 'card list page api'],
  window: ['open', 7, 'page api'],
  'rights.action': ['open', 'other:Action', 'card page api'],
  'rights.resources': ['open', 'arn:other', 'card page api'],
  credential: ['open', 'mediated', 'api'],
  sealed: ['open', true, 'card list page api'],
  'vouchedBy.id': ['open', other, 'card page api'],
  'vouchedBy.name': ['open', 'Other Name', 'card page'],
  until: ['open', later, 'card list page api'],
  'review.dueAt': ['open', later, 'card page api'],
  'review.overdueAt': [ended, later, 'card page api'],
  'review.done.by.id': ['reviewed and justified', other, 'card page api'],
  'review.done.by.name': ['reviewed and justified', 'Other Name', 'card page'],
  'review.done.at': ['reviewed and justified', later, 'card page api'],
  'review.done.outcome': ['reviewed and justified', 'not_justified', 'card page api'],
  'review.done.note': ['reviewed and justified', 'another note', 'card page api'],
  'ended.at': [ended, later, 'card list page api'],
  'ended.by.id': ['ended by another person', other, 'card list page api'],
  'ended.by.name': ['ended by another person', 'Other Name', 'card list page'],
  // An opening has no decisions, so no person ends it for another. The API has the member, as for a request.
  'ended.for.id': ['ended by another person', other, 'api'],
  'ended.for.name': ['ended by another person', 'Other Name', ''],
  'ended.reason': ['ended by another person', 'another reason', 'card page api'],
  'ended.outcome': [ended, 'failed', 'api'],
  'ended.note': [ended, 'another note', 'api'],
  'grant.id': ['open', `grt_${'1'.repeat(26)}`, 'api'],
  'grant.approvedAt': ['open', later, 'api'],
  'grant.claimBy': ['open', later, 'api'],
  // People read `until`, which is the same.
  'grant.notAfter': ['open', later, 'api'],
  'grant.claimedAt': ['ended by another person', later, 'api'],
  'grant.usesLeft': ['open', 0, 'api'],
  'grant.uses.id': [ended, `use_${'1'.repeat(26)}`, 'page api'],
  'grant.uses.tool': [ended, 'tool:other', 'card page api'],
  'grant.uses.key': [ended, 'other', 'card page'],
  'grant.uses.begunAt': [ended, later, 'page api'],
  'grant.uses.endedAt': [ended, later, 'page api'],
  'grant.uses.outcome': [ended, 'failed', 'api'],
  'grant.uses.note': [ended, 'a note', 'page'],
  'grant.uses.noted': [ended, true, 'page'],
  'grant.hasSessions': ['open', true, ''],
  hasKey: ['open', false, 'page'],
  'about.skipped.count': ['open', 7, 'card'],
  'about.skipped.atLeast': ['open', true, 'card'],
  'about.skipped.told': ['open', 3, 'card'],
  'about.skipped.untold.id': ['open', other, 'card'],
  'about.skipped.untold.name': ['open', 'Other Name', 'card'],
  'about.reviewers.id': ['open', other, 'card'],
  'about.reviewers.name': ['open', 'Other Name', 'card'],
  'about.left': ['open', 60, 'card'],
  'about.credentials.claim': [ended, 'aws', 'card'],
  'about.credentials.issuedAt': [ended, later, 'card'],
  // The page has each of them, from the evidence.
  'about.credentials.id': [ended, `crd_${'1'.repeat(26)}`, ''],
  'about.credentials.expiresAt': [ended, later, ''],
  'about.credentials.role': [ended, 'arn:other', ''],
}

function full(state: string): OpeningView {
  const found = drawn.get(state)
  if (!found) throw new Error(`no opening is called ${state}`)
  return describeOpening(found.state, bundle, found.about)
}

holdToTable(table, renderers, full)
