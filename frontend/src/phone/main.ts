import '../style/phone.css';
import { alreadyGranted } from './camera';
import { isTyped, showCodeForm } from './code-form';
import { Phone } from './phone';

// The page's address is /j/{token}; without one, or with a short code that opened nothing, it asks for a code.
const token = decodeURIComponent(location.pathname.split('/')[2] ?? '');
if (window.isSecureContext && isTyped(token)) {
  showCodeForm(token);
} else {
  const phone = new Phone(token);
  if (await alreadyGranted()) phone.start();
}

// A page brought back from the browser's memory has neither its camera nor its seat any more.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});
