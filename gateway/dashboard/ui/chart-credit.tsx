/** Whose charts these are: their licence asks for the link, and its place is where a keyboard reaches it, outside the drawing. */
export function ChartCredit() {
  return (
    <a class="chart-credit" href="https://www.tradingview.com/" target="_blank" rel="noreferrer" lang="en">
      TradingView Lightweight Charts™
    </a>
  );
}
