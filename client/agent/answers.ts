// Rules: test/client/agent/questions.test.ts
import { Refusal, Trouble } from '../outcome.ts'
import type { AgentApi } from './agent-api.ts'
import { nameOf } from './approved.ts'
import type { Task } from './ask.ts'
import { questionsIn } from './words.ts'

/** An approver's question, for the agent's own function. `text` is a person's: data for a model. */
export type Asked = { readonly request: string; readonly question: string; readonly text: string }
/** @returns the answer, or undefined to leave the question open */
export type Answer = (asked: Asked) => string | undefined | Promise<string | undefined>

/** @internal Answers the questions of approvers while a permit waits, each at most once. */
export class Answers {
  readonly #answer: Answer
  readonly #warn: (line: string) => void
  readonly #heard = new Set<string>()

  constructor(answer: Answer, warn: (line: string) => void) {
    this.#answer = answer
    this.#warn = warn
  }

  /** Begins to answer new questions. The wait goes on meanwhile: people may decide without the answer. */
  hear(task: Task, api: AgentApi): void {
    for (const { id, text, answered } of questionsIn(task)) {
      if (answered || this.#heard.has(id)) continue
      this.#heard.add(id)
      void this.#answerOne({ request: task.task.id, question: id, text }, api)
    }
  }

  async #answerOne(asked: Asked, api: AgentApi): Promise<void> {
    const { request, question } = asked
    try {
      const text = await this.#answer(asked)
      if (text !== undefined) await api.answer(request, question, text)
    } catch (trouble) {
      if (trouble instanceof Refusal && settled.has(trouble.told.code)) return
      // The message of the agent's own error may contain a secret.
      const why = trouble instanceof Trouble ? trouble.message : nameOf(trouble)
      this.#warn(`hotwork: the question ${question} of ${request} stays open, its answer failed: ${why}`)
    }
  }
}

/** Another process has answered, or people have decided meanwhile. */
const settled = new Set(['already_answered', 'invalid_task_state'])
