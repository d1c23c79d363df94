/** Runs `assertion` until it passes, or throws what it threw last when `limitMs` are over. */
export async function eventually(assertion: () => void | Promise<void>, limitMs = 5_000): Promise<void> {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() >= endsAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
