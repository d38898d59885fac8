/** kube-controller-manager's --min-resync-period: so late at most is found what no watch told, ms. */
export const MIN_RESYNC_MS = 12 * 3_600_000
