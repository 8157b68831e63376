import type { Driver } from './driver.ts'

export const drive: Driver = async () => []
