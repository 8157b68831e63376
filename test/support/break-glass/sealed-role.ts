import type { Account } from '../../../functions/domain/policy/bundle.ts'

/** ARN of the sealed role of an account, whether or not there is one. */
export const sealedRoleOf = (stackName: string, { partition, accountId }: Pick<Account, 'partition' | 'accountId'>) =>
  `arn:${partition}:iam::${accountId}:role/hotwork/${stackName}-sealed`
