// Rules: test/policies/plan.test.ts
import { explanationLines, stepWords } from '../../functions/domain/cards/explanation-words.ts'
import { type Sentence, textOf } from '../../functions/domain/cards/sentence.ts'
import type { Explained } from '../../functions/operations/policy/explain-tier.ts'

/** The reasons for the tier, or for its absence, for people. Empty if there is nothing to explain. */
export const explainedText = (explained: readonly Explained[]): string =>
  explained.map((each) => ['', ...titleOf(each), ...wordsOf(each), ''].join('\n')).join('')

/** The same for a program, with the sentences added. */
export const explainedJson = (explained: readonly Explained[]) =>
  explained.map((each) => ({ ...each, words: wordsOf(each) }))

const titleOf = ({ step, proposal, explanation }: Explained): readonly string[] =>
  step === undefined ? [] : [stepWords(step, explanation, proposal)]

const wordsOf = ({ explanation }: Explained): readonly string[] =>
  explanationLines(explanation).flatMap(({ said, under }) => [text(said), ...under.map((each) => `  - ${text(each)}`)])

/** Ids and values unchanged, except quotes around a value with a blank. */
const text = (sentence: Sentence): string =>
  textOf(
    sentence.map((part) =>
      typeof part === 'object' && 'value' in part && /^[^\s“”]+$/.test(part.value) ? part.value : part,
    ),
  )
