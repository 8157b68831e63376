import fc from 'fast-check'
import { complaintsOf, largestCard, sizeOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { reviewModal } from '../../../../functions/channels/slack/forms/opening-forms.ts'
import type { Notice } from '../../../../functions/domain/cards/notices.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { checkMessageBlocks, checkView } from '../../../../local/desk/blocks.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { sampleBundle } from '../../../support/world.ts'
import { page } from '../edge/door.ts'
import { expectInert, ownWords } from './inert-checks.ts'
import { corpus } from './inert-corpus.ts'
import { type Drawn, everyOpening } from './openings.ts'
import { renderNotice, renderOpening } from './rendering.ts'

const bundle = sampleBundle()
let drawn: ReadonlyMap<string, Drawn>
beforeAll(async () => {
  drawn = await everyOpening(bundle)
})

/** An opening in which this is every text. */
function written({ state, about }: Drawn, text: string): Drawn {
  const some = text === '' ? ' ' : text
  const { breakGlass } = state.ask
  if (!breakGlass) throw new Error('no opening')
  const { review } = state
  return {
    about,
    state: {
      ...state,
      ask: {
        ...state.ask,
        arguments: Object.fromEntries(
          Object.entries(state.ask.arguments).map(([name, value]) => [name, typeof value === 'string' ? text : value]),
        ),
        resource: { ...state.ask.resource, id: some },
        parentTask: { id: some },
        breakGlass: {
          ...breakGlass,
          reason: text,
          incident: some,
          rights: breakGlass.rights.map((right) => ({ ...right, resources: right.resources.map(() => some) })),
        },
      },
      ...(state.status === 'revoked' ? { reason: text } : {}),
      ...(review?.done ? { review: { ...review, done: { ...review.done, note: text } } } : {}),
    } as ApprovalRequest,
  }
}

/** The states with texts that the others lack. */
const some = () =>
  [...drawn].filter(([name]) =>
    [
      'open for one action',
      'a drill',
      'the sealed role',
      'ended by another person',
      'reviewed and not justified',
    ].includes(name),
  )
const cardOf = ({ state, about }: Drawn) => renderOpening(state, about, bundle, { page })
const notices: readonly Notice[] = [
  { notice: 'opened', at: 0 },
  { notice: 'ending', at: 0 },
  { notice: 'ended', at: 0 },
  { notice: 'review_due', at: 0 },
  { notice: 'review_overdue', at: 0, attempt: 2 },
  { notice: 'reviewed', at: 0 },
]
const first = { because: 'skipped', mayReview: true, first: true } as const

test("an opening's texts are inert on its card: they cannot ping, link, or pass for a fact", () => {
  for (const [name, each] of some()) {
    const honest = cardOf(written(each, 'x'))
    for (const text of corpus) {
      const card = cardOf(written(each, text))
      expectInert(card.blocks)
      expect([name, complaintsOf(card)]).toEqual([name, []])
      expect(checkMessageBlocks(card.blocks)).toMatchObject({ ok: true })
      expect(card.text).toBe(honest.text)
      expect(sizeOf(card)).toBeLessThanOrEqual(largestCard)
      if (text.trim() !== '' && text.length < 100) expect(ownWords(card.blocks)).toBe(ownWords(honest.blocks))
    }
  }
})

test("an opening's texts are inert in its notices and in the form of its review", () => {
  for (const [, each] of some()) {
    const honest = written(each, 'x')
    const about = { request: each.state.ask.id, channel: 'C1', ts: '1.1' }
    for (const text of corpus) {
      const told = written(each, text)
      for (const notice of notices) {
        const said = renderNotice(notice, told.state, first, bundle, { page })
        expectInert(said.blocks)
        expect(complaintsOf(said)).toEqual([])
        const plain = renderNotice(notice, honest.state, first, bundle, { page })
        expect(said.text).toBe(plain.text)
        if (text.trim() !== '') expect(ownWords(said.blocks)).toBe(ownWords(plain.blocks))
      }
      const form = reviewModal(told.state, bundle, about)
      expectInert(form.blocks)
      expect(checkView(form, 'modal')).toMatchObject({ ok: true })
      expect(form.private_metadata).not.toContain(text === '' ? '\u0000' : JSON.stringify(text))
    }
  }
})

test("our own words on an opening's card are the same for any text", () => {
  const text = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 200 }).filter((each) => each.trim() !== '')
  fc.assert(
    fc.property(text, fc.constantFrom(...drawn.values()), (each, one) => {
      const card = cardOf(written(one, each))
      expectInert(card.blocks)
      expect(complaintsOf(card)).toEqual([])
      expect(ownWords(card.blocks)).toBe(ownWords(cardOf(written(one, 'x')).blocks))
    }),
    { numRuns: 300 },
  )
})
