import {
  colleagueSentences,
  exchangesOf,
  type Message,
  revisionOf,
  toldBefore,
  wordsToAgent,
} from '../../../functions/domain/cards/message-words.ts'
import { describeRequest, type RequestView } from '../../../functions/domain/cards/request-view.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { planStates } from '../../channels/slack/cards/plan-states.ts'
import { resizeWorker } from '../../channels/slack/cards/states.ts'
import { sampleBundle, start, World } from '../../support/world.ts'

const bundle = sampleBundle()
const earlier = `req_${'1'.repeat(26)}` as RequestId
const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((id) => ({ id: `person:${id}`, name: id.toUpperCase() }))
const viewWith = async (changes: Partial<RequestView>): Promise<RequestView> => ({
  ...describeRequest(await new World(bundle).submitted(resizeWorker), bundle),
  ...changes,
})
const said = (message: Message | undefined) => textOf(message?.said ?? [])
const changesIn = (message: Message | undefined) =>
  message?.differences?.map(({ label, from, to }) => `${label} ${from} → ${to}`)

test('a request without words has no message', async () => {
  const view = await viewWith({})
  expect(revisionOf(view)).toBeUndefined()
  expect([wordsToAgent(view), toldBefore(view), exchangesOf(view), colleagueSentences(view)]).toEqual([[], [], [], []])
})

test('a revision names the request that it revises, each difference, and who may not decide it', async () => {
  const changes = { MemorySize: { from: 2048, to: 1024 }, Layers: { to: ['a\u202e'] }, Note: { from: 'x' } }
  const view = await viewWith({
    revises: earlier,
    revision: { number: 2, changes },
    suggestedBy: [ana, ben] as never,
    barred: [ana, eve] as never,
  })
  const message = revisionOf(view)
  expect(said(message)).toBe(
    `Revision 2 of “${earlier}”, which was sent back. ANA (person:ana), BEN (person:ben) wrote to the agent. May not decide it: ANA (person:ana), EVE (person:eve). BEN (person:ben) may: it asks for no more than before. `,
  )
  expect(changesIn(message)).toEqual([
    'MemorySize 2048 → 1024',
    'Layers (absent) → ["a\\u202e"]',
    'Note "x" → (absent)',
  ])
})

test('a revision says whether it is exactly what was suggested, and where no argument differs', async () => {
  const suggested = await viewWith({
    revises: earlier,
    revision: { number: 1, changes: { A: { to: 1 } }, suggested: true },
  })
  expect(said(revisionOf(suggested))).toContain('It asks for exactly what was suggested there.')
  expect(said(revisionOf(await viewWith({ revises: earlier, revision: { number: 1, changes: {} } })))).toContain(
    'No argument differs.',
  )
})

test('an ask after words names their writers, also where it names no earlier request', async () => {
  expect(said(revisionOf(await viewWith({ suggestedBy: [ana] as never, barred: [ana] as never })))).toMatch(
    /^People wrote to the agent about this action before it asked\..*May not decide it: ANA/,
  )
})

test('words to the agent have their writer, their verdict and the suggestion against what was asked', async () => {
  const stages = (await viewWith({})).stages.map((stage) => ({
    ...stage,
    decisions: [
      { person: ana, verdict: 'approve', at: start, toAgent: 'watch\nit' },
      {
        person: ben,
        for: eve,
        verdict: 'revise',
        at: start,
        toAgent: 'half',
        suggest: { ...resizeWorker.arguments, MemorySize: 1024 },
      },
      { person: eve, verdict: 'approve', at: start },
    ],
  }))
  const all = wordsToAgent(await viewWith({ stages: stages.slice(0, 1) as never }))
  expect(all.map(said)).toEqual([
    'ANA (person:ana), who approved it at :',
    'BEN (person:ben) for EVE (person:eve), who sent it back at :',
  ])
  expect(all.map(({ text }) => text)).toEqual(['watch ⏎ it', 'half'])
  expect(changesIn(all[1])).toEqual(['MemorySize 2048 → 1024'])
})

test('a suggestion for a plan names its step', async () => {
  const state = planStates().get('a plan that waits')
  if (!state) throw new Error('no plan')
  const view = describeRequest(state, bundle)
  const step = view.steps?.[1]
  const suggest = { steps: [{ step: 2, arguments: { ...step?.arguments, Timeout: 60 } }] }
  const decisions = [{ person: ana, verdict: 'revise', at: start, toAgent: 'less', suggest }]
  const [words] = wordsToAgent({ ...view, stages: [{ ...view.stages[0], decisions }] as never })
  expect(changesIn(words)).toEqual(['step 2: Timeout 120 → 60'])
})

test('words before this request name the other request, and erased ones say so', async () => {
  const told = [
    { request: earlier, by: ana, at: start, verdict: 'deny', text: 'no <!here>' },
    { request: earlier, by: ben, at: start, text: '' },
  ]
  const all = toldBefore(await viewWith({ told } as never))
  expect(all.map(said)).toEqual([
    `ANA (person:ana), who denied “${earlier}”, at :`,
    `BEN (person:ben), who asked it on “${earlier}”, at :`,
  ])
  expect(all.map(({ text }) => text)).toEqual(['no <!here>', 'The words are erased.'])
})

test('a question has its asker, and its answer the number of approvals that stand', async () => {
  const asked = { id: 'qst_1', by: ana, for: eve, stage: 'owner', at: start, text: 'why?' }
  const questions = [asked, { ...asked, answer: { at: start, text: 'since', decisionsBefore: 1 } }]
  const [open, done] = exchangesOf(await viewWith({ questions } as never))
  expect(said(open?.asked)).toBe('ANA (person:ana) for EVE (person:eve) asked at . There is no answer yet:')
  expect(open?.answered).toBeUndefined()
  expect([said(done?.asked), done?.asked.text]).toEqual(['ANA (person:ana) for EVE (person:eve) asked at :', 'why?'])
  expect([said(done?.answered), done?.answered?.text]).toEqual([
    'Its answer at , after 1 approval, which stands:',
    'since',
  ])
})

test('a call for a colleague names both people and the stage', async () => {
  const colleagues = [{ stage: 'owner', by: ana, to: ben, at: start }]
  expect(colleagueSentences(await viewWith({ colleagues } as never)).map(textOf)).toEqual([
    'ANA (person:ana) asked BEN (person:ben) to look at this for owner, at .',
  ])
})
