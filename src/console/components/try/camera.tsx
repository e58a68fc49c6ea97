/** Camera: a live picture, a button that takes it, and continuous predictions. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../button.js';
import { Dialog } from '../dialog.js';
import { Notice } from '../states.js';
import { frameOf } from './camera-frame.js';
import { LivePredictions } from './live-predictions.js';

const NO_CAMERA =
  'Browsers give pages a camera only over https or on localhost. Open the console there, or choose a file.';

type Props = Readonly<{
  /** References of the models that predict continuously. */
  models: readonly string[];
  flip: boolean;
  onPicture: (file: Blob) => void;
  onClose: () => void;
}>;

export function Camera({ models, flip, onPicture, onClose }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState<string | undefined>(undefined);
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let isGone = false;
    const open = async (): Promise<void> => {
      if (!navigator.mediaDevices?.getUserMedia) return setFault(NO_CAMERA);
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
        if (isGone) return stop(stream);
        if (video.current) video.current.srcObject = stream;
      } catch (error) {
        setFault(`The camera did not open: ${error instanceof Error ? error.message : String(error)}.`);
      }
    };
    void open();
    return () => {
      isGone = true;
      if (stream) stop(stream);
    };
  }, []);
  const take = async (): Promise<void> => {
    const file = video.current && (await frameOf(video.current, 'image/png'));
    if (file) onPicture(file);
  };
  return (
    <Dialog
      title="Camera"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Done</Button>
          <Button kind="primary" icon="camera" disabled={!isLive} onClick={() => void take()}>
            Take a picture
          </Button>
        </>
      }
    >
      {fault === undefined ? (
        <div class="stack-s">
          <video ref={video} class="try-video" autoPlay muted playsInline onPlaying={() => setLive(true)} />
          {isLive && <LivePredictions video={video} models={models} flip={flip} />}
        </div>
      ) : (
        <Notice tone="warn">{fault}</Notice>
      )}
    </Dialog>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
