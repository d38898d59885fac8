/** Who a user is, as authentication found. */
import { type Infer, list, map, string, struct } from '../schema.ts'

export interface UserInfo extends Infer<typeof userInfo> {}
export const userInfo = struct('authentication/v1.UserInfo', () => ({
  username: string,
  uid: string,
  groups: list(string),
  extra: map(list(string)),
}))
