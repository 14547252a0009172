export const runKills = async (_: { kills: number; say: (t: string) => void }) => ({
  text: "",
  isBalanced: true,
})
