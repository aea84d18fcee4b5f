import '../style/phone.css';
import { alreadyGranted } from './camera';
import { Phone } from './phone';

// The page's address is /j/{token}.
const token = decodeURIComponent(location.pathname.split('/')[2] ?? '');
const phone = new Phone(token);
if (await alreadyGranted()) phone.start();

// A page brought back from the browser's memory has neither its camera nor its seat any more.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});
