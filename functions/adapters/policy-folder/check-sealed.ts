import { known } from './check-references.ts'
import type { Problem } from './problem.ts'
import type { Folder } from './read-folder.ts'

/** Whoever may use a sealed role is somebody of the directory, and one user of that very account is one of them. */
export function checkSealed({ deployment: { value, document }, directory }: Folder): Problem[] {
  const problems: Problem[] = []
  const people = directory.value.people.map(({ id }) => id)
  const users = new Map<string, string>()
  for (const [alias, { sealed, accountId }] of Object.entries(value.accounts))
    for (const [person, user] of Object.entries(sealed?.people ?? {})) {
      const say = (message: string, fix: string) =>
        problems.push(document.report(['accounts', alias, 'sealed', 'people', person], message, fix))
      if (!people.some((id) => id === person)) say(`\`${person}\` is not in directory.json`, known(people))
      // Of a user of another account CloudTrail does not say here who they are.
      if (user.split(':')[4] !== accountId)
        say(`\`${user}\` is no user of the account ${accountId}`, 'name an IAM user of the account itself')
      const other = users.get(user)
      if (other !== undefined && other !== person)
        say(`\`${user}\` is \`${other}\` too`, 'give each person a user of their own')
      users.set(user, person)
    }
  return problems
}
