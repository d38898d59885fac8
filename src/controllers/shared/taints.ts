/** Taints that more than one controller looks for. */

/** Somebody has declared the node dead: its pods and volumes may be taken away without its word. */
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
