import { mediated, targetKind } from '../kind.ts'
import { Account } from './rules/account.ts'

export const aws = targetKind({
  id: 'aws',
  name: 'AWS',
  credentials: { sts: { act: 'aws', words: 'AWS credentials' }, mediated },
  settings: Account,
  recordsCalls: true,
})
