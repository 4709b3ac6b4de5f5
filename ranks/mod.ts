/** What other rooms use of the ranks. */
export {
  describeRankError,
  type RankError,
  type RankPlace,
  type Ranks,
  type Traffic,
} from "./ranks.ts";
