// Rules: test/client/command-line/examples.test.ts
import type { Command } from 'commander'
import { Api } from '../api.ts'
import { originIn } from '../audience.ts'
import { namedIssuer } from '../local.ts'
import { receipt } from '../requests/receipt.ts'
import { readSettings } from '../settings.ts'
import type { VerifyTyped } from '../verify/verify.ts'
import { type Frame, typedOf } from './frame.ts'

/** The verbs by which an auditor exports evidence, and checks it without Hotwork. */
export function addRecordVerbs(program: Command, { verb, act, surroundings, done }: Frame): void {
  verb(program, 'receipt', "a signed statement of a request's outcome, which anyone can verify")
    .argument('<id>', 'the request, such as req_...')
    .action(act(receipt))
  verb(program, 'verify', 'verify receipts, entries, checkpoints and logs, line by line')
    .argument('<files...>', 'receipts, entries as `ledger export` writes them, checkpoints, or folders of a log')
    .option(
      '--keys <file>',
      'a JWKS with the key of the notary: /.well-known/jwks.json, as you saved it; a FILE is then a receipt',
    )
    .option('--entries <file>', 'entries to compare the receipts with')
    .option('--log <place>', 'a log to compare everything with: a folder, or an address')
    .option('--part', 'the entries are a selection: missing ones are no fault', false)
    .action(async (...given) => {
      const typed = typedOf<VerifyTyped & { api?: string; as?: string; json: boolean }>(given)
      // Imported lazily: only this verb needs the reducer.
      const { verify } = await import('../verify/verify.ts')
      const login = (origin: string) => {
        if (originIn(namedIssuer(typed.api, surroundings) ?? '') !== origin) return undefined
        const settings = readSettings(typed, surroundings)
        return new Api(settings.apiUrl, settings.login, surroundings).token()
      }
      done(await verify(typed, { surroundings, json: typed.json, login }))
    })
}
