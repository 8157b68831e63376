// Rules: test/domain/agents/leaving-owner.test.ts
import type { LeavingOwner } from '../agents/leaving-owner.ts'
import type { Sentence } from './sentence.ts'

/** The same for every channel, with the next step. */
export const leavingWords = (id: string, { owner, on, answers, entry }: LeavingOwner): Sentence => [
  ...(on === undefined
    ? [`its owner ${owner} is inactive or no longer in the directory`]
    : [`its owner ${owner} leaves on `, { time: on }]),
  answers === undefined ? ', and without an owner it is stopped. ' : `, and ${answers} answers for it without them. `,
  ...(entry === 'folder'
    ? ['Name another owner in agents.json, and deploy.']
    : ['Transfer it: ', { value: `npx --no-install hotwork registry transfer ${id} --to PERSON` }]),
]
