// Rules: test/client/command-line/examples.test.ts
import { type Command, Option } from 'commander'
import { login, logout, whoami } from '../login/verbs.ts'
import type { Frame } from './frame.ts'

export function addLoginVerbs(program: Command, { verb, act }: Frame): void {
  verb(program, 'login', 'log in, and keep the login on this machine while it lives')
    .addOption(
      new Option('--device', 'log in with a code that you type in a browser on any machine')
        .default(false)
        .conflicts('browser'),
    )
    .option(
      '--no-browser',
      'log in with a browser elsewhere: open an address there, and paste the address that it ends on',
    )
    .action(act(login))
  verb(program, 'logout', 'forget the login that is kept on this machine').action(act(logout))
  verb(program, 'whoami', 'your id in Hotwork, the source of your login, and its end').action(act(whoami))
}
