/** Chart.js with what this page draws, and nothing else of it: a file of its own, which `Chart` fetches. */
import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  DoughnutController,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(ArcElement, DoughnutController, Tooltip, Legend, CategoryScale, LinearScale, Filler);
Chart.register(BarController, BarElement, LineController, LineElement, PointElement);

export { Chart };
