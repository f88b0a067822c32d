/* "Stops near me": asks for the position only on a click, and shortens it to about eleven metres. */

export function findNearby(place: HTMLElement): void {
  const button = place.querySelector("button");
  const status = place.querySelector<HTMLElement>("[role=status]");
  if (!button || !status || !("geolocation" in navigator)) return;
  place.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = place.dataset["looking"] ?? "…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        location.href = `/nearby?near=${coords.longitude.toFixed(4)},${coords.latitude.toFixed(4)}`;
      },
      () => {
        status.textContent = place.dataset["refused"] ?? "";
      },
      { timeout: 10_000, maximumAge: 60_000 },
    );
  });
}
