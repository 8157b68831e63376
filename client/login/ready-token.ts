import { exits } from '../exit-codes.ts'
import { Refusal } from '../trouble.ts'
import { asWords, type Login, type Wanted } from './login.ts'

/** A token that somebody else got: `HOTWORK_TOKEN`. */
export class ReadyToken implements Login {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  async token(wanted: Wanted | 'opening'): Promise<string> {
    if (wanted === 'opening' || Object.keys(wanted).length === 0) return this.#token
    throw new Refusal(exits.denied, {
      code: 'insufficient_user_authentication',
      title: 'the login of `HOTWORK_TOKEN` is too weak or too old for this',
      detail: `put a token there whose login is ${asWords(wanted)}, or unset it and log in with a browser`,
    })
  }
}
