import fc from 'fast-check'
import type { SlackCard } from '../../../../functions/channels/slack/cards/blocks.ts'
import { complaintsOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { createEphemeral } from '../../../../functions/channels/slack/edge/answers.ts'
import { sentenceFor } from '../../../../functions/channels/slack/edge/sentences.ts'
import { approveModal, narrowModal, readForm, whyModal } from '../../../../functions/channels/slack/forms/card-forms.ts'
import {
  colleagueModal,
  denyWordsModal,
  questionModal,
  reviseModal,
} from '../../../../functions/channels/slack/forms/message-forms.ts'
import { type Modal, partsModal, truthModal } from '../../../../functions/channels/slack/forms/modal-blocks.ts'
import { declaredParts } from '../../../../functions/channels/slack/home/halts.ts'
import { toolRows } from '../../../../functions/domain/cards/request-words.ts'
import type { Halt } from '../../../../functions/domain/halts/halt.ts'
import { inert } from '../../../../functions/domain/inert.ts'
import type { McpTool } from '../../../../functions/domain/policy/mcp-tool.ts'
import type { Preview } from '../../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { Refusal } from '../../../../functions/domain/refusals.ts'
import { checkMessageBlocks, checkView } from '../../../../local/desk/blocks.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { cases } from '../../../support/deep.ts'
import { writeFile } from '../../../support/mcp-tool.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { sampleBundle } from '../../../support/world.ts'
import { responseUrl } from '../edge/clicks.ts'
import { page } from '../edge/door.ts'
import { deceives, expectInert, ownWords } from './inert-checks.ts'
import { corpus } from './inert-corpus.ts'
import { everyState } from './states.ts'

const bundle = sampleBundle()
const channel = 'hotwork-approvals'
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  states = await everyState(bundle)
})
const stateOf = (name: string): ApprovalRequest => {
  const state = states.get(name)
  if (!state) throw new Error(`no state \`${name}\``)
  return state
}

/** Each text on the cards of three or four states, or of all. */
function corpusOf(name: string): readonly string[] {
  const parts = cases(3, 1)
  return corpus.filter((_, index) => index % parts === names.indexOf(name) % parts)
}

/** A request in which this is every text that an agent can write, and every text of people. */
function written(state: ApprovalRequest, text: string): ApprovalRequest {
  const some = text === '' ? ' ' : text
  const args = Object.fromEntries(
    Object.entries(state.ask.arguments).map(([name, value]) => [name, typeof value === 'string' ? text : value]),
  )
  return {
    ...state,
    ask: {
      ...state.ask,
      arguments: args,
      resource: { type: state.ask.resource.type, id: some },
      purpose: text,
      justification: text,
      parentTask: { id: some, url: some },
      evidence: [{ title: some, url: some, text: some, digest: state.ask.digest }],
      ...(state.ask.told ? { told: state.ask.told.map((each) => ({ ...each, text })) } : {}),
    },
    stages: state.stages.map((stage) => ({
      ...stage,
      decisions: stage.decisions.map((decision) => ({
        ...decision,
        comment: text,
        ...(decision.toAgent === undefined ? {} : { toAgent: text }),
      })),
    })),
    ...(state.questions
      ? {
          questions: state.questions.map(({ answer, ...each }) => ({
            ...each,
            text,
            ...(answer && { answer: { ...answer, text } }),
          })),
        }
      : {}),
    ...(state.preview ? { preview: readAs(state.preview, text) } : {}),
    ...(state.drifts ? { drifts: state.drifts.map((each) => ({ ...each, from: readAs(each.from, `!${text}`) })) } : {}),
    ...('note' in state ? { note: text } : {}),
    ...('reason' in state ? { reason: text } : {}),
  } as ApprovalRequest
}

/** A server's own names within the API's limits: short and visible. */
function toolCalled(text: string): McpTool {
  const shows = [...text].filter((each) => inert(each) === each)
  const name = (most: number) => shows.slice(0, most).join('') || 'x'
  return { ...writeFile, server: { name: name(128), version: name(64) }, tool: name(128) }
}

/** A preview whose present value is this text. A long one is cut, because it would fill the card. */
const readAs = (preview: Preview, text: string): Preview => {
  const Value = [...text].slice(0, 20).join('')
  return preview.outcome !== 'matched' ? preview : { ...preview, before: { Value }, after: { Value: `${Value}.` } }
}

const shown = (state: ApprovalRequest): SlackCard => renderCard(state, bundle, channel, { page })

/** Without the parts that only length changes: the catalogue's own list gets shorter. */
const withoutLength = ({ blocks }: SlackCard) =>
  blocks.filter(({ block_id }) => !['too-long', 'open', 'open-all'].includes(String(block_id)))

/** A difference has the note of both its values together, so the text alone does not give it. */
const notes = [
  'mixes alphabets that look alike',
  'has characters that pass for others',
  'has digits that are not 0 to 9',
]
const withoutNotes = (words: string): string =>
  words.replaceAll(new RegExp(` {3}← (?:(?:${notes.join('|')})(?:, )?)+`, 'g'), '')

const names = [
  'waiting for the first stage',
  'waiting for a stronger login, one of two',
  'narrowed',
  'previewed',
  'changed after an approval',
  'in use',
  'completed: succeeded',
  'denied',
  'revised',
  'questioned',
  'revoked',
]

test.each(names)(
  'the card of a request that is %s makes hostile texts inert: none can ping, link, or pass for a fact',
  (name) => {
    const honest = shown(written(stateOf(name), 'x'))
    const ownOfHonest = ownWords(withoutLength(honest))
    for (const text of corpusOf(name)) {
      const card = shown(written(stateOf(name), text))
      expectInert(card.blocks)
      const isAccepted = checkMessageBlocks(card.blocks).ok
      const said = { text, notification: card.text, complaints: complaintsOf(card), isAccepted }
      expect(said).toEqual({ text, notification: honest.text, complaints: [], isAccepted: true })
      // Blank and overlong texts are left out, so there may be fewer of our words. A card that cuts words says so.
      if (text.trim() === '' || text.length >= 250 || ownWords(card.blocks).includes('Some words are cut here'))
        continue
      expect({ text, own: withoutNotes(ownWords(withoutLength(card))) }).toEqual({ text, own: ownOfHonest })
    }
  },
)

test("a server's names for itself and its tool stay inert, and add no words of ours", () => {
  const called = (mcp: McpTool) => {
    const state = stateOf('waiting for the first stage')
    return shown({ ...state, ask: { ...state.ask, mcp } })
  }
  const own = (mcp: McpTool) => ownWords(called(mcp).blocks).replaceAll(toolRows({ mcp })[0]?.note ?? '', '')
  for (const text of corpus) {
    const mcp = toolCalled(text)
    expectInert(called(mcp).blocks)
    expect(complaintsOf(called(mcp))).toEqual([])
    expect(own(mcp)).toBe(own(writeFile))
  }
})

test('our own words on a card are the same for any text of an agent', () => {
  const text = fc.oneof(
    fc.string({ unit: anyCharacter, minLength: 1, maxLength: 200 }),
    fc
      .tuple(
        fc.constantFrom(...corpus.filter((each) => each.length < 60)),
        fc.constantFrom(...corpus.filter((each) => each.length < 60)),
      )
      .map((pair) => pair.join('\n')),
  )
  fc.assert(
    fc.property(
      text.filter((each) => each.trim() !== ''),
      fc.constantFrom(...names),
      (each, name) => {
        const card = shown(written(stateOf(name), each))
        expectInert(card.blocks)
        expect(withoutNotes(ownWords(withoutLength(card)))).toBe(
          ownWords(withoutLength(shown(written(stateOf(name), 'x')))),
        )
      },
    ),
    { numRuns: 300 },
  )
})

const about = { request: 'req_00000000000000000000000000', round: 1, digest: 'sha-256:AAAAAAAA' } as never
const forms: [string, (state: ApprovalRequest) => Modal | undefined][] = [
  ['to approve', (state) => approveModal(state, bundle, about)],
  ['to approve less', (state) => narrowModal(state, bundle, about)],
  ['that asks why', (state) => whyModal(state, bundle, about)],
  ['to deny with words', (state) => denyWordsModal(state, bundle, about)],
  ['to say what to change', (state) => reviseModal(state, bundle, about)],
  ['to ask the agent', (state) => questionModal(state, bundle, about)],
  ['to ask a colleague', (state) => colleagueModal(state, bundle, about, bundle.directory.people)],
]
test.each(forms)("a form %s makes an agent's texts inert", (_what, form) => {
  const state = stateOf('narrowed')
  const honest = form(written(state, 'x'))
  for (const text of corpus) {
    const modal = form(written(state, text))
    expect(checkView(modal, 'modal')).toMatchObject({ ok: true })
    expectInert(modal?.blocks ?? [])
    if (text.trim() !== '') expect(ownWords(modal?.blocks ?? [])).toBe(ownWords(honest?.blocks ?? []))
    expect(modal?.private_metadata).toBe(honest?.private_metadata)
  }
})

test('a form that can do no more shows the typed text for copying, inert', () => {
  for (const text of corpus) {
    const modal = truthModal('It was too late.', text)
    expect(checkView(modal, 'modal')).toMatchObject({ ok: true })
    expectInert(modal.blocks)
    if (text.trim() !== '') expect(ownWords(modal.blocks)).toBe('It was too late.You had written')
  }
})

test('a form that reports a halt makes its texts inert', () => {
  for (const text of corpus) {
    const value = [...text].slice(0, 60).join('') || 'x'
    const halt = { id: `hlt_${'0'.repeat(26)}`, target: { kind: 'action', value }, reason: text } as Halt
    const halted = partsModal('Halted', declaredParts(halt, bundle))
    expect(checkView(halted, 'modal')).toMatchObject({ ok: true })
    expectInert(halted.blocks)
  }
})

test('a typed comment is read as typed, up to the longest comment', () => {
  for (const text of corpus) {
    const state = { values: { comment: { comment: { type: 'plain_text_input', value: text } } } }
    const { comment = '' } = readForm({ blocks: [], state } as never)
    expect(text.trim().startsWith(comment)).toBe(true)
    expect([...comment].length).toBeLessThanOrEqual(1_000)
  }
})

const ephemeralSent = async (sentence: string): Promise<string> => {
  let said = ''
  const sendEphemeral = createEphemeral('https://slack.com/api/', new MemoryLog(), async (_url, init) => {
    said = JSON.parse(String(init?.body)).text
    return new Response('ok')
  })
  await sendEphemeral(responseUrl, sentence)
  return said
}

test.each(Refusal.options.map((code) => [code]))(
  'the ephemeral message of `%s` has no mention and no foreign link',
  async (code) => {
    const active: string[] = []
    for (const detail of corpus) {
      const said = await ephemeralSent(
        sentenceFor(code, { directory: bundle.directory, page, detail, state: stateOf('denied') }),
      )
      const foreign = said.replace(/https:\/\/hotwork\.example\/decide\/req_\w+/g, '')
      const isActive = /[<>\n]/.test(said) || /:\/\/|mailto:\S/i.test(foreign) || deceives(said)
      if (isActive || said.length >= 2_000) active.push(said)
    }
    expect(active).toEqual([])
  },
)
