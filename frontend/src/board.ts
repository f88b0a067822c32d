/* The page of a stop: refreshed in place, with one quiet sentence when the next departure changes. */
import { Refreshing } from "./refreshing";

const place = document.querySelector<HTMLElement>("[data-refreshing]");
const announce = document.querySelector<HTMLElement>("[data-announce]");
const connection = document.querySelector<HTMLElement>("[data-connection]");

if (place) {
  let said = place.querySelector<HTMLElement>("[data-board]")?.dataset["summary"] ?? "";
  const refreshing = new Refreshing(place, place.dataset["refreshing"] ?? "", {
    shown: (board) => {
      const sentence = board.dataset["summary"] ?? "";
      if (announce && sentence !== said) announce.textContent = sentence;
      said = sentence;
    },
    lost: (lost) => {
      if (connection) connection.hidden = !lost;
    },
  });
  refreshing.start();
  document.querySelector<HTMLElement>("[data-refresh]")?.addEventListener("click", (event) => {
    event.preventDefault();
    void refreshing.ask();
  });
}
