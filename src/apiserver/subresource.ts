/** The seam for subresources: shared code finds a handler by name and knows nothing of what it does. */
import type { ApiResponse, Maybe } from '../api/request.ts'
import type { Call } from './call.ts'

/** Serves every verb of one subresource; throws `ApiError` to refuse. Authorization has been checked. */
export type SubresourceHandler = (call: Call) => Maybe<ApiResponse>
