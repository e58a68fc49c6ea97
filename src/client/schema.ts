/** Types of the API. `npm run openapi` generates this file from openapi.yaml and the table of error codes: do not edit it. */
export interface paths {
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List jobs, by default the newest first */
        get: operations["listJobs"];
        put?: never;
        /**
         * Submit a job
         * @description Trains a network. `{"network": "resnet"}` is enough: the answer shows the spec with every default filled in. With an `Idempotency-Key` you can repeat the request as long as the job is stored, and it queues no second job.
         */
        post: operations["submitJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Plan a job without queueing it
         * @description Checks the request as `POST /jobs` does. Answers with the full spec, the parameters of the network, and its memory next to the memory of each live worker. Also answers with the steps, the learning rate over the run, and the expected duration as a range with its basis. Queues nothing.
         */
        post: operations["planJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a job */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /**
         * Cancel a job, or delete an ended one
         * @description Cancels a queued or paused job at once (200). Stops a running job at its next step (202); a trainer that has not answered after ten seconds is killed. With `mode=keep` the best weights so far are saved as a model first, and a paused job returns to the queue for that. The last frame says what became of the weights and how many milliseconds it took. A job whose model is being stored at that moment still ends as `succeeded`. With `purge=true` an ended job is deleted instead (204): its record, frames, webhook deliveries, checkpoints and TensorBoard files. Its model stays, and so do jobs that started from its checkpoints, because they have their own copy.
         */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        /**
         * Change a job
         * @description Changes `metadata` and `notes` of a job in any status: labels are merged, and null removes a label or the notes. Changes the priority of a queued job; or the learning rate, epochs, patience and time limit of a job that is queued, paused or running. A running job applies the change at its next step (202), any other before its first step (200). Each change has a number, and a `change` frame reports the step at which it took effect. A schedule computes the learning rate of a step from that step and the values in force at it.
         */
        patch: operations["changeJob"];
        trace?: never;
    };
    "/jobs/{id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the last output of a trainer that failed
         * @description Last lines that the trainer of the last failed attempt printed, also if it was killed. A job that was restarted keeps them. The 404 is `log_not_found` if no trainer failed, or if it printed nothing.
         */
        get: operations["getLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a job
         * @description Pauses a queued job at once (200). A running job saves a checkpoint at its next step and frees its device (202); then its stream has a `status` frame with `paused`.
         */
        post: operations["pauseJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a paused job
         * @description Queues the job again; it continues from its last checkpoint. If the queue is full, the job stays paused (429).
         */
        post: operations["resumeJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a job in the queue
         * @description Moves a queued job directly before or after another queued job, or before all others. Other jobs keep their order. The job takes the priority of the job beside it; if that differs, the job has one more change, and its stream a `change` frame. The place outlives restarts, pauses and lost workers. A job that is there already stays as it is.
         */
        post: operations["moveJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read or follow the metrics of a job
         * @description A plain GET returns the frames so far, in pages. `points` returns all of them in one answer, with few enough `step` frames for a chart. `Accept: text/csv` returns all of them as CSV, one row a frame, below a header: a cell is empty if the frame has no such field, and `NaN` if the field is NaN or infinite. A WebSocket upgrade streams every frame above `after`, first the stored ones and then new ones as they happen, as one JSON text message each (schema `Frame`; `type` says which kind). The service closes the socket with 1000 after the `end` frame. A client that lost its connection continues with `after=<last seq>` and gets every frame exactly once. If a job has very many `step` frames, the oldest are dropped; a `gap` frame replaces them, and `after` continues with its `to`. A `gap` frame with a `seq` replaces `step` frames that never reached the stream because their worker was lost. Messages from the client, such as heartbeats, are ignored. Close codes: 1000 the job has ended, 1001 the service stops, 1008 the client sent more than 1000 messages or 1 MiB within 30 seconds, 1009 the client sent a message of more than 64 KiB, 1011 the service failed, 1013 the client read too slowly, 4401 the key was revoked or has expired, 4409 `after` is beyond the last frame (Redis has lost frames), 4410 the stream was deleted.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow several jobs or all jobs
         * @description A WebSocket with the frames of several jobs; `jobId` says which. Frames of one job come in order; between jobs there is no order. `jobs=a,b` follows these jobs from the start, or from the frame numbers of `after=a:12,b:5`, and closes with 1000 after the last `end` frame. Without `jobs` it follows all jobs and does not end: jobs that have not ended, jobs in `after`, jobs submitted after the newest job in `after`, and every new job. To continue a lost connection, send in `after` the jobs whose `end` you have not received and the newest job that you know: you get every frame exactly once. With `since=now` it follows all jobs without their history: frames from now on, and the first frame of every new job. It then also sends messages with the `type` `cursor` (schema `StreamCursor`) and `notice` (`JobNotice`). The first message is a cursor: read `GET /jobs` after it, and you miss nothing. To continue, send the last cursor as `since`, and leave out frames that you have received after that cursor. `types` and `stepMs` leave frames out, which is enough for a list of jobs. `history=true` also sends the earlier frames of the jobs that had not ended at the cursor. So a client of thousands of jobs continues without naming them: until the first cursor after the history with the same cursor and `history=true`, then without. A plain GET is refused with 426, or with the error that the upgrade would have. Prometheus metrics are at /monitoring/metrics. Close codes: 1000 the job has ended, 1001 the service stops, 1008 the client sent more than 1000 messages or 1 MiB within 30 seconds, 1009 the client sent a message of more than 64 KiB, 1011 the service failed, 1013 the client read too slowly, 4401 the key was revoked or has expired, 4409 `after` is beyond the last frame (Redis has lost frames), 4410 the stream was deleted.
         */
        get: operations["followJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a job with server-sent events
         * @description The same frames as the WebSocket. `id` is the `seq` of the frame (of a `gap`, its `to`), `event` its `type`, and `data` the JSON of a `Frame`. A comment every 15 seconds keeps the connection open. The response ends after the `end` frame. A browser’s `EventSource` then reconnects with the header `Last-Event-ID`, and the answer 204 stops it. If the stream fails, the last event is a `problem` with a problem document as its data. A client that does not read is disconnected.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the webhook deliveries of a job or of all jobs, newest first
         * @description One entry for each POST: its time, webhook, answer, and when it is sent again. The newest 1000 of a job are kept, as long as the job.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List models by name
         * @description Each name comes with its newest 100 versions. `GET /models/{name}` lists the older ones.
         */
        get: operations["listModels"];
        put?: never;
        /**
         * Import a model from a weights file
         * @description A form. First `spec`: JSON, as a field or a file, of at most 2 MiB. Then perhaps sample images with their `logits`. Last the part `weights`: a safetensors file, or a file of `torch.save` (`.pth`, `.pt`, `.bin`), whose pickle is read as data and never run. Instead of the part, `weights` of the spec may name the file by `url` and `sha256`, or by `path`; the service fetches it. Without samples, the spec may then be a JSON body. Weights are float32, float16, bfloat16 or float64 with the names of torchvision, timm, Hugging Face transformers or the tutorial. Without `network`, the network and its options follow from them. The import removes wrappers such as `module.` and `_orig_mod.` and one common prefix such as `model.`. The file must contain all weights of the network and nothing else, except that `num_batches_tracked` is optional. `errors` lists weights that are missing, unknown or of another shape. The manifest of an import says `imported` and has no data set or scores, but a job can start `from` it.
         */
        post: operations["importModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a model with its versions and labels
         * @description Includes the manifest of the newest version and which versions are loaded. The first page has the newest versions; within a page they ascend.
         */
        get: operations["getModel"];
        put?: never;
        post?: never;
        /**
         * Delete a model with all its versions
         * @description The answer is 409 while one of its versions has a label. Version numbers are never reused.
         */
        delete: operations["deleteModel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get one version of a model
         * @description Returns the manifest, labels, files and whether the version is loaded. The manifest records the job, its spec, the digest of its data and its scores.
         */
        get: operations["getModelVersion"];
        put?: never;
        post?: never;
        /**
         * Delete one version of a model
         * @description The answer is 409 while the version has a label. Its number is never reused.
         */
        delete: operations["deleteModelVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/labels/{label}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a label with its history
         * @description The history comes in pages, newest change first. The routes that move a label answer with the first page.
         */
        get: operations["getLabel"];
        /**
         * Move a label to a version
         * @description With `gate`, the label moves only if the score of the version beats that of the labelled version on the same images: a score of the training, or, with `dataset`, of an evaluation on a data set. Without these evaluations the answer is 404 `evaluation_not_found`. With `expected`, it moves only if that version still has the label. Otherwise the label stays and the answer is 409. Repeating the request changes nothing.
         */
        put: operations["moveLabel"];
        post?: never;
        /**
         * Remove a label from its version
         * @description Keeps the history: a rollback restores the label.
         */
        delete: operations["removeLabel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/labels/{label}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask whether a label would move
         * @description Takes the body of `PUT …/labels/{label}` and moves nothing: says whether gate and expectation hold now, and which scores the gate compares.
         */
        post: operations["planLabelMove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/labels/{label}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a label back to its previous version
         * @description Each further rollback goes one version further back, as far as the history is kept. Deleted versions are skipped. The answer is 409 if no earlier version is left.
         */
        post: operations["rollbackLabel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluation/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the test images with their predictions
         * @description All test images of the evaluation (at most the first million), or those of a cell of the confusion matrix: `actual` and `predicted`. The pictures are in the data set: `pictures` says whether it still has them.
         */
        get: operations["listEvaluationImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluation/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two versions image by image
         * @description Which test images changed sides: those that only this version classifies correctly, and those that only the other version does. Both versions must have been evaluated on the same test images.
         */
        get: operations["compareEvaluations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the evaluation of a model on its test images
         * @description Computed at the end of the training: confusion matrix, scores of each class, calibration, and the images with the most wrong predictions. Get these from `…/evaluation/images/{image}` by their index in `confused`.
         */
        get: operations["getEvaluation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluation/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get an image with a very wrong prediction */
        get: operations["getEvaluationImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/card": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the model card
         * @description A Markdown page: intended use, data, training settings, scores, confusion, calibration, files.
         */
        get: operations["getModelCard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{model}/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Evaluate a model on a data set
         * @description Queues an evaluation among the jobs: a worker predicts every image of the split as `POST /predict` does, and stores scores, confusion, calibration and predictions with the version. Works for imported models too. The classes of the data set must be those of the model; they are matched by name. With an `Idempotency-Key` you can repeat the request for a day, and it queues no second evaluation.
         */
        post: operations["evaluateModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the evaluations of a version on data sets
         * @description Queued, running and ended ones. A version keeps its newest 100. Failed ones are listed for a week.
         */
        get: operations["listDatasetEvaluations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an evaluation on a data set
         * @description State and progress; once it has succeeded, scores, confusion, scores of each class and calibration.
         */
        get: operations["getDatasetEvaluation"];
        put?: never;
        post?: never;
        /**
         * Cancel or delete an evaluation on a data set
         * @description A queued or running one is cancelled: its worker stops within a second and stores nothing.
         */
        delete: operations["deleteDatasetEvaluation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/evaluations/{id}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the images of an evaluation with their predictions
         * @description All images of the split (at most the first million), or those of a cell of the confusion matrix: `actual` and `predicted`. `pictures` says whether the data set still has them.
         */
        get: operations["listDatasetEvaluationImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare two versions on a data set
         * @description Compares the newest evaluations of both versions on the same images: how many only one of them classifies correctly, McNemar’s test, a bootstrap interval of the difference in accuracy, and the images that changed sides. The versions may belong to different models with the same classes.
         */
        get: operations["compareOnDataset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/versions/{version}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a model for other tools
         * @description `ETag` is the SHA-256 of the file, and `Repr-Digest` the same in the format of RFC 9530. `Link` points to the model card, which the archives also contain. Send `Range` to continue a download, with `If-Range` to make sure that the file is still the same. The first request for a format converts the model, which takes seconds.
         */
        get: operations["exportModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Classify images
         * @description Images come as JSON (`images` in base64, or `instances` as nested numbers), as the body itself, or as files of a form. Of a body of any `image/` type, of `application/octet-stream` or of no type the first bytes say what it is. Any size and colour is brought to the model's input as its manifest's `preprocessing` says. Without `model`, the version with the label `stable` of the only model name answers; otherwise the request is refused with the names to choose from. Fields of the body go before those of the query.
         */
        post: operations["predict"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predict/map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Draw where the network looks
         * @description Returns one image as the model sees it, with its class activation map over it (Zhou et al. 2016, arXiv:1512.04150): red speaks for the class, blue against it. The image comes as in `POST /predict`, whose `explain` returns the numbers.
         */
        post: operations["drawMap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the server is alive */
        get: operations["getV2Live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the predictor is ready */
        get: operations["getV2Ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the name, version and extensions of the server */
        get: operations["getV2Server"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the names of the models */
        get: operations["listV2Models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the inputs and outputs of a model */
        get: operations["getV2Model"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that a model is ready
         * @description Loads the model if it has not been used since this API process started.
         */
        get: operations["getV2ModelReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the inputs and outputs of a model */
        get: operations["getV2ModelVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/versions/{version}/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that a model is ready
         * @description Loads the model if it has not been used since this API process started.
         */
        get: operations["getV2ModelReadyVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/infer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model
         * @description `inference-header-content-length` is the length of the JSON in bytes; the tensors with `binary_data_size` follow it. If it is 0, the body is one image in the model’s input size (height × width × channels bytes) and the outputs are binary. The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["inferV2Model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/versions/{version}/infer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model
         * @description `inference-header-content-length` is the length of the JSON in bytes; the tensors with `binary_data_size` follow it. If it is 0, the body is one image in the model’s input size (height × width × channels bytes) and the outputs are binary. The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["inferV2ModelVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/repository/index": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** List every version of every model */
        post: operations["getV2RepositoryIndex"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/repository/models/{name}/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load a model and run it once
         * @description Without this request a model is loaded by its first prediction.
         */
        post: operations["loadV2Model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/repository/models/{name}/unload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Unload a model
         * @description Frees the memory of all versions, or of the one that a reference such as `boots@3` names. The next prediction loads the model again.
         */
        post: operations["unloadV2Model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the statistics of all models */
        get: operations["getV2Statistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the configuration of a model */
        get: operations["getV2ModelConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the statistics of a model */
        get: operations["getV2ModelStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/versions/{version}/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the configuration of a model */
        get: operations["getV2ModelConfigVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v2/models/{name}/versions/{version}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the statistics of a model */
        get: operations["getV2ModelStatisticsVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}:predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model: all outputs
         * @description The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["predictServing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/versions/{version}:predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model: all outputs
         * @description The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["predictServingVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/labels/{label}:predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model: all outputs
         * @description The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["predictServingLabel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}:classify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model: classes with their probabilities
         * @description The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["classifyServing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/versions/{version}:classify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model: classes with their probabilities
         * @description The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["classifyServingVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/labels/{label}:classify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Predict with a model: classes with their probabilities
         * @description The body may be compressed: `Content-Encoding` gzip or deflate.
         */
        post: operations["classifyServingLabel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}:regress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Regress (always refused: every model is a classifier) */
        post: operations["regressServing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/versions/{version}:regress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Regress (always refused: every model is a classifier) */
        post: operations["regressServingVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/labels/{label}:regress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Regress (always refused: every model is a classifier) */
        post: operations["regressServingLabel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the states of the versions of a model */
        get: operations["getServingStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the signature of a model */
        get: operations["getServingMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the states of the versions of a model */
        get: operations["getServingStatusVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/versions/{version}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the signature of a model */
        get: operations["getServingMetadataVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/labels/{label}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the states of the versions of a model */
        get: operations["getServingStatusLabel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{name}/labels/{label}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the signature of a model */
        get: operations["getServingMetadataLabel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/networks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List networks */
        get: operations["listNetworks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/networks/{name}/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the layers, output shapes and parameters of a network
         * @description Returns JSON, or a plain-text table if the client accepts `text/plain` but not JSON.
         */
        get: operations["summarizeNetwork"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List data sets */
        get: operations["listDatasets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a data set */
        get: operations["getDataset"];
        /**
         * Import a data set
         * @description The body is a ZIP or tar archive (also .gz and .zst) of PNG, JPEG, WebP, GIF, TIFF, BMP and AVIF files: either folders `train` and `test` with a folder for each class, or only the class folders, from which the import holds out `testShare` of each class for testing. A folder `valid` beside `train` and `test` becomes the validation split. Other common split names work too. A manifest (`metadata.csv`, `labels.csv`, `manifest.csv` or JSON Lines) may name class, split and group of each image. Arrays of NumPy (npz) or MNIST (idx) are data sets too. With a JSON body the service fetches the archive from an address. The answer comes after every image has been decoded; with `Prefer: respond-async` it comes when the archive has arrived, and `GET /dataset-imports/{id}` shows the progress. Images that cannot be used are listed in `errors` by their paths, or left out with `onError=skip`. `imported.leftOut` counts the other files that are not part of the data set, by reason. Sending the same archive again returns the data set that it became.
         */
        put: operations["importDataset"];
        post?: never;
        /**
         * Delete an imported data set
         * @description Keeps the models that were trained on it. The answer is 409 while a job on it is queued, running or paused.
         */
        delete: operations["removeDataset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/left-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the files that an import left out
         * @description Lists every file of the archive that is not part of the data set, with the reason: files that are not images, duplicates, files outside the class folders, and bad images that `onError=skip` left out.
         */
        get: operations["listLeftOut"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dataset-imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List imports of data sets
         * @description Imports that run, on any API process, and those that ended in the last hour. An import disappears after 30 seconds if its process has died; nothing of it is stored then.
         */
        get: operations["listImports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dataset-imports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the progress of an import */
        get: operations["getImport"];
        put?: never;
        post?: never;
        /**
         * Cancel an import
         * @description The import stops within a second, and nothing of it is stored. Its request is answered with 409 `import_cancelled`. No effect if it has ended.
         */
        delete: operations["cancelImport"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the images of a split, or of a class in it
         * @description Images are as stored: scaled to the size of the data set, on its background. Those of `synthetic` are drawn with seed 0.
         */
        get: operations["listDatasetImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/images/{split}/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get an image of a data set */
        get: operations["getDatasetImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the report on a data set
         * @description What the import found out about the images: leaks between splits, classes that contradict each other, images that show nothing, near duplicates, imbalance, and sizes of the originals. `findings` says it in sentences, the most important first. `GET /datasets/{name}/duplicates`, `…/report/blank` and `…/left-out` list the images.
         */
        get: operations["getDatasetReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/report/blank": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List images that show nothing
         * @description Images of nearly one colour, found at the import. The list is empty for built-in data sets, and for data sets that an earlier version imported.
         */
        get: operations["listBlankImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/datasets/{name}/duplicates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List images that occur several times
         * @description Groups of images with the same stored pixels, found at the import: the same file, copies in another format, and images that differ only in what the import scales away. With `match=near` groups of images that look alike: scaled, compressed or slightly cropped copies. `duplicates` of the data set and its report have their numbers. The list is empty for built-in data sets, and for data sets that an earlier version imported.
         */
        get: operations["listDuplicates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List live workers
         * @description Each worker reports every 5 seconds. A job is refused if none of these workers has the memory for it. Their processors decide the precision `auto`.
         */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the process is alive */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the service is ready
         * @description With `?for=predict` only predictions must work, which they do without Redis and with a full disk: use it for a load balancer in front of `/predict`. Without `for`, everything must work. If Fashion-MNIST is missing, the check `datasets` says so but does not fail, and only jobs on it are refused.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the version and the links of the service
         * @description A browser, whose `Accept` names `text/html`, is sent to the console at `ui/` instead.
         */
        get: operations["getIndex"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the API keys, newest first
         * @description All keys that are not revoked, those that have expired included. Secrets are not shown.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Create an API key
         * @description The answer is the only one that shows the key. Name a `role`, or list `scopes`.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description The key, its sessions and its open streams end within 2 seconds, in every API process. WebSockets close with 4401.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the projects that the sender may use
         * @description With the scope `admin` all projects, otherwise the project of the sender.
         */
        get: operations["listProjects"];
        put?: never;
        /**
         * Create a project
         * @description Jobs, models, data sets, evaluations and imports belong to one project, and their names are unique in it. A key belongs to one project too, and sees nothing of the others. With the scope `admin` a request may name another project in the header `Trainyard-Project`.
         */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a ticket for streams
         * @description For clients that cannot send headers with a WebSocket or an `EventSource`: the ticket opens streams as `?ticket=` for 60 seconds, so no key stands in an address.
         */
        post: operations["createTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get who sends this request
         * @description Also answers requests without a key: so a client finds out whether the service needs one.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with a browser
         * @description Send the API key or the token in the header `Authorization`. The answer sets a cookie that scripts cannot read and other sites cannot use. The session lasts 12 hours, but never longer than the key or token, and ends when the key is revoked.
         */
        post: operations["signIn"];
        /**
         * Sign out with a browser
         * @description Removes the cookie of the session.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log, newest first
         * @description One entry for each request of an identified sender that changed something or tried to, and for each sign-in. An entry is stored before its request is answered. `Accept: application/x-ndjson` returns the whole log, one entry a line.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the disk space by kind
         * @description What models, checkpoints, data sets and event files take, the largest of each, and what is free.
         */
        get: operations["getStorage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/storage/checkpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete the checkpoints of a job
         * @description Only of jobs that have ended, and of jobs that the service no longer knows. No other job can start from them then, and `job:<id>` no longer predicts. The model of the job stays.
         */
        delete: operations["removeCheckpoints"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/storage/tensorboard/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete the TensorBoard event files of a job
         * @description Only of jobs that have ended, and of jobs that the service no longer knows. The frames, checkpoints and model of the job stay. The 404 is `event_files_not_found`.
         */
        delete: operations["removeEventFiles"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the settings
         * @description Settings of this API process; workers may have others. Change them as environment variables or in `.env`, and restart. Values that may contain a secret are never returned.
         */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/monitoring/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get Prometheus metrics */
        get: operations["getMonitoring"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    jobFrame: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a frame of a job with a webhook
         * @description The signature follows Standard Webhooks (standardwebhooks.com). Each frame arrives at least once, possibly out of order: sort by `data.seq`. The service sends a message again if the receiver does not return a 2xx status within 10 seconds.
         */
        post: operations["receiveFrame"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        ApiKey: {
            /** @description The 12 characters of the key after `ty_`. */
            id: string;
            name: string;
            project: string;
            /**
             * @description Named set of scopes; each role has all scopes of the ones before it. `viewer` reads and predicts, `trainer` also trains and imports, `deployer` also moves labels and deletes, `admin` also manages keys and projects.
             * @enum {string}
             */
            role?: "viewer" | "trainer" | "deployer" | "admin";
            /** @description Scopes of the key. */
            scopes: ("jobs:read" | "jobs:write" | "jobs:delete" | "models:read" | "models:write" | "models:deploy" | "datasets:read" | "datasets:write" | "datasets:delete" | "predict" | "system:read" | "system:write" | "admin")[];
            /**
             * Format: date-time
             * @description Time of creation.
             */
            createdAt: string;
            /** @description Name of the creator. */
            createdBy: string;
            /**
             * Format: date-time
             * @description Time from which the key is refused. Absent: it does not expire.
             */
            expiresAt?: string;
            /**
             * Format: date-time
             * @description Time of the last use, at most a minute old. Absent: the key was not used yet.
             */
            lastUsedAt?: string;
        };
        ApiKeyRequest: {
            /**
             * @description Name for people: who or what uses the key. 1 to 64 characters.
             * @example ci
             */
            name: string;
            /**
             * @description Project of the key. It sees nothing of other projects. Keys with the scope `admin` may name another project in each request.
             * @default default
             * @example boots
             */
            project?: string;
            /**
             * @description Named set of scopes; each role has all scopes of the ones before it. `viewer` reads and predicts, `trainer` also trains and imports, `deployer` also moves labels and deletes, `admin` also manages keys and projects.
             * @enum {string}
             */
            role?: "viewer" | "trainer" | "deployer" | "admin";
            /** @description Scopes of the key instead of a role. */
            scopes?: ("jobs:read" | "jobs:write" | "jobs:delete" | "models:read" | "models:write" | "models:deploy" | "datasets:read" | "datasets:write" | "datasets:delete" | "predict" | "system:read" | "system:write" | "admin")[];
            /**
             * Format: date-time
             * @description Time from which the key is refused. Absent: it does not expire.
             */
            expiresAt?: string;
        };
        NewApiKey: {
            /** @description The 12 characters of the key after `ty_`. */
            id: string;
            name: string;
            project: string;
            /**
             * @description Named set of scopes; each role has all scopes of the ones before it. `viewer` reads and predicts, `trainer` also trains and imports, `deployer` also moves labels and deletes, `admin` also manages keys and projects.
             * @enum {string}
             */
            role?: "viewer" | "trainer" | "deployer" | "admin";
            /** @description Scopes of the key. */
            scopes: ("jobs:read" | "jobs:write" | "jobs:delete" | "models:read" | "models:write" | "models:deploy" | "datasets:read" | "datasets:write" | "datasets:delete" | "predict" | "system:read" | "system:write" | "admin")[];
            /**
             * Format: date-time
             * @description Time of creation.
             */
            createdAt: string;
            /** @description Name of the creator. */
            createdBy: string;
            /**
             * Format: date-time
             * @description Time from which the key is refused. Absent: it does not expire.
             */
            expiresAt?: string;
            /**
             * Format: date-time
             * @description Time of the last use, at most a minute old. Absent: the key was not used yet.
             */
            lastUsedAt?: string;
            /** @description The key. Send it as `Authorization: Bearer <key>`. It is shown only now: the service stores a hash of it. */
            key: string;
        };
        ApiKeyList: {
            keys: components["schemas"]["ApiKey"][];
        };
        Session: {
            /**
             * @description `none`: anyone may do anything. `keys`: requests need an API key, a token or a session.
             * @enum {string}
             */
            authentication: "none" | "keys";
            /** @description Who sends this request. Null: nobody is signed in. */
            caller: components["schemas"]["Caller"] | null;
        };
        Caller: {
            /**
             * @description `key`: an API key. `token`: a JWT of the identity provider. `anyone`: the service runs without authentication.
             * @enum {string}
             */
            kind: "anyone" | "key" | "token";
            /** @description Id of the key, or the subject of the token. */
            id: string;
            name: string;
            project: string;
            /** @enum {string} */
            role?: "viewer" | "trainer" | "deployer" | "admin";
            scopes: ("jobs:read" | "jobs:write" | "jobs:delete" | "models:read" | "models:write" | "models:deploy" | "datasets:read" | "datasets:write" | "datasets:delete" | "predict" | "system:read" | "system:write" | "admin")[];
            /** Format: date-time */
            expiresAt?: string;
        };
        StreamTicket: {
            /** @description Add it to the address of a stream as `?ticket=`. */
            ticket: string;
            /**
             * Format: date-time
             * @description Time until which a stream can be opened: in 60 seconds.
             */
            expiresAt: string;
        };
        AuditEntry: {
            /** @description Position in the log: entries are in this order. */
            id: string;
            /** Format: date-time */
            at: string;
            /** @description The `x-request-id` of the answer, which the log also has. */
            requestId: string;
            /** @description The sender. */
            by: {
                /** @enum {string} */
                kind: "anyone" | "key" | "token";
                id: string;
                name: string;
            };
            /** @description Project of the request. */
            project: string;
            /** @description IP address of the client, or of the proxy before the service. */
            address: string;
            /**
             * @description The `operationId` of the route.
             * @example moveLabel
             */
            operation: string;
            method: string;
            /** @description Path of the request. After a creation: the path of what was created. */
            path: string;
            /** @description HTTP status of the answer. From 400 on nothing was changed. */
            status: number;
        };
        AuditPage: {
            entries: components["schemas"]["AuditEntry"][];
            /** @description Send it as `cursor` for the next page. Absent: the last page. */
            nextCursor?: string;
        };
        Job: {
            /** Format: uuid */
            id: string;
            /**
             * @description Project of the job.
             * @example default
             */
            project: string;
            status: components["schemas"]["JobStatus"];
            spec: components["schemas"]["JobSpec"];
            /** @description The settings as they were submitted, without `priority`, `metadata`, `notes` and `webhooks`. Submits the same job again. `spec` has the defaults of the fields that it leaves out. A reference in `from` is as it was sent. For jobs of version 0.1 it names every option. */
            request: components["schemas"]["JobSubmission"];
            /**
             * Priority
             * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
             * @example 10
             */
            priority: number;
            metadata: components["schemas"]["Metadata"];
            /**
             * Notes
             * @description Free text about the job. Absent if there is none.
             * @example Second try, with cutout.
             */
            notes?: string;
            /** @description Webhooks of the job, without their secrets. Absent if there are none. */
            webhooks?: components["schemas"]["Webhook"][];
            /** @description Position in the queue, from 1. Only for queued jobs. */
            position?: number;
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: date-time
             * @description Start of the current attempt.
             */
            startedAt?: string;
            /** Format: date-time */
            endedAt?: string;
            /**
             * Format: date-time
             * @description Time of the cancel request.
             */
            cancelRequestedAt?: string;
            cancelMode?: components["schemas"]["CancelMode"];
            /**
             * Format: date-time
             * @description Time of the pause request. Absent once the job is resumed.
             */
            pauseRequestedAt?: string;
            /** @description Number of attempts so far. 0 before the first start. */
            attempt: number;
            /** @description Expected start and end. Only in `GET /jobs/{id}`. Absent if no similar job was measured on the live workers and none of them has measured its own rate. */
            estimate?: {
                /**
                 * Format: date-time
                 * @description Expected start. Only for queued jobs.
                 */
                startAt?: string;
                /**
                 * Format: date-time
                 * @description Expected end, if the job trains all epochs or up to its time limit.
                 */
                endAt?: string;
                /**
                 * Format: date-time
                 * @description Earliest expected end.
                 */
                earliestEndAt?: string;
                /**
                 * Format: date-time
                 * @description Latest expected end.
                 */
                latestEndAt?: string;
                /**
                 * @description Where the estimate comes from. `measured`: epochs of jobs with the same network, input, batch size and precision on workers of this kind, or earlier steps of this run. `computed`: the operations of the network, and the speed that each worker measures while it is idle.
                 * @enum {string}
                 */
                basis?: "measured" | "computed";
                /** @description Where the estimate comes from, as a sentence for people. */
                explanation?: string;
            };
            /** @description Images in memory at once, after the job ran out of memory with the micro batch of its spec. */
            microBatchSize?: number;
            progress?: components["schemas"]["Progress"];
            /** @description Live changes, in the order of their requests. */
            changes: components["schemas"]["RecordedChange"][];
            /** @description Scores of the last epoch. */
            scores?: components["schemas"]["EpochScores"];
            /** @description Scores of the best whole epoch by the metric of early stopping, or without early stopping by the validation accuracy. Absent without validation images: the test set must choose nothing. */
            bestScores?: components["schemas"]["EpochScores"];
            model?: components["schemas"]["ModelReference"];
            reason?: components["schemas"]["EndReason"];
            error?: components["schemas"]["Failure"];
        };
        JobPlan: {
            spec: components["schemas"]["JobSpec"];
            /** @description Trainable parameters of the network. */
            parameters: number;
            memory: components["schemas"]["TrainingMemory"];
            /** @description Each live worker, with its memory next to that of the job. */
            workers: components["schemas"]["WorkerFit"][];
            /** @description Largest `batchSize` for which the largest live worker has the memory, at most the number of training images; with micro batches the largest `microBatchSize` that divides `batchSize`. Absent without a live worker. */
            largestBatchSize?: number;
            /** @description Steps of the whole run. */
            steps: number;
            /** @description Learning rate over the run, at up to 200 steps in ascending order: the first, the last, both sides of each jump, and steps between. Planned changes are applied. */
            learningRate: components["schemas"]["LearningRatePoint"][];
            estimate?: components["schemas"]["TimeEstimate"];
            /** @description Expected training time in seconds, from rates measured on the live workers. Absent if there are none. `estimate` has a range in more cases. */
            estimatedSeconds?: number;
        };
        /** @description Estimated duration. Ranges over all live workers that take jobs, any of which may take this one. Absent if there are none, or none of them has measured its rate. */
        TimeEstimate: {
            /** @description Duration of the whole job on a free worker, with the start of the trainer and the storing of the model. */
            seconds: {
                /** @description Shortest expected duration, in seconds. */
                low: number;
                /** @description Longest expected duration, in seconds. */
                high: number;
            };
            /** @description Duration of one epoch: its training and its scores. */
            epochSeconds: {
                /** @description Shortest expected duration, in seconds. */
                low: number;
                /** @description Longest expected duration, in seconds. */
                high: number;
            };
            /**
             * @description Where the estimate comes from. `measured`: epochs of jobs with the same network, input, batch size and precision on workers of this kind, or earlier steps of this run. `computed`: the operations of the network, and the speed that each worker measures while it is idle.
             * @enum {string}
             */
            basis: "measured" | "computed";
            /** @description Where the estimate comes from, as a sentence for people. */
            explanation: string;
        };
        LearningRatePoint: {
            /** @description Step of the whole run, from 1. */
            step: number;
            /** @description Learning rate of this step. */
            value: number;
        };
        WorkerFit: {
            /** @description Name of the machine or container. */
            host: string;
            /** @description Process id of the worker. */
            pid: number;
            /** @description `cpu` or `cuda`. */
            device: string;
            /** @description Model of the CPU, or of the GPUs. */
            processor: string;
            /** @description Memory that the job needs, as in `memory.totalBytes`. */
            neededBytes: number;
            /** @description Memory that one trainer of this worker may use. */
            availableBytes: number;
            /** @description Whether the worker has the memory. */
            fits: boolean;
            /** @description Why the worker takes no jobs now. Absent while it is fit. */
            fault?: string;
        };
        JobChange: {
            /**
             * Priority
             * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
             * @example 10
             */
            priority?: number;
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Epochs
             * @description Passes over the training images.
             * @example 5
             * @example 30
             */
            epochs?: number;
            /**
             * Patience
             * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
             * @example 5
             */
            patience?: number | null;
            /**
             * Time limit
             * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
             * @example 3600
             */
            maxSeconds?: number | null;
            /**
             * Metadata
             * @description Labels to set or, with null, to remove; labels that are not listed stay (JSON Merge Patch, RFC 7396). Possible in every status.
             * @example {
             *       "experiment": "18",
             *       "team": null
             *     }
             */
            metadata?: {
                [key: string]: string | null;
            };
            /**
             * Notes
             * @description New notes; null removes them. Possible in every status.
             * @example Second try, with cutout.
             */
            notes?: string | null;
        };
        /**
         * @description Exactly one of `before`, `after` and `to`.
         * @example {
         *       "to": "top"
         *     }
         */
        JobMove: {
            /** @description Id of the queued job that starts directly after this one. */
            before?: string;
            /** @description Id of the queued job that starts directly before this one. */
            after?: string;
            /**
             * @description Before all other queued jobs.
             * @constant
             */
            to?: "top";
        };
        RecordedChange: {
            /** @description Number of the change within its job, from 1. */
            number: number;
            /**
             * Format: date-time
             * @description Time of the request.
             */
            requestedAt: string;
            /** @description Step of a planned change. Absent for changes that were requested later. */
            due?: number;
            /**
             * Step
             * @description Steps of the whole run that were done when the change took effect. It applies from the next step on. Absent until then.
             * @example 1000
             */
            step?: number;
            /** @description Values before the change. Absent until it takes effect. */
            from?: {
                /**
                 * Priority
                 * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
                 * @example 10
                 */
                priority?: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Epochs
                 * @description Passes over the training images.
                 * @example 5
                 * @example 30
                 */
                epochs?: number;
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Time limit
                 * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                 * @example 3600
                 */
                maxSeconds?: number | null;
            };
            /** @description New values: the requested ones, and once the change has taken effect those in force. */
            to: {
                /**
                 * Priority
                 * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
                 * @example 10
                 */
                priority?: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Epochs
                 * @description Passes over the training images.
                 * @example 5
                 * @example 30
                 */
                epochs?: number;
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Time limit
                 * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                 * @example 3600
                 */
                maxSeconds?: number | null;
            };
        };
        AppliedChange: {
            /** @description Number of the change within its job, from 1. */
            number: number;
            /**
             * Step
             * @description Steps of the whole run that were done when the change took effect. It applies from the next step on.
             * @example 1000
             */
            step: number;
            from: {
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Epochs
                 * @description Passes over the training images.
                 * @example 5
                 * @example 30
                 */
                epochs?: number;
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Time limit
                 * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                 * @example 3600
                 */
                maxSeconds?: number | null;
            };
            to: {
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Epochs
                 * @description Passes over the training images.
                 * @example 5
                 * @example 30
                 */
                epochs?: number;
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Time limit
                 * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                 * @example 3600
                 */
                maxSeconds?: number | null;
            };
        };
        EndReason: {
            /**
             * @description `epochs`: all epochs are trained. `early_stopping`, `max_seconds`: the run stopped earlier. The others belong to cancelled jobs. `kept`: the weights are saved as a model. `nothing_kept`: there were no weights to save. `discarded`: the request asked to save none.
             * @enum {string}
             */
            code: "epochs" | "early_stopping" | "max_seconds" | "kept" | "nothing_kept" | "discarded";
            /** @description The reason as a sentence, and which weights the model has. */
            message: string;
        };
        /**
         * @description `discard`: save no model. `keep`: save the best weights so far as a model: those of the best epoch by the validation split, or without validation images those of the last complete epoch. During the first epoch, the current weights.
         * @enum {string}
         */
        CancelMode: "discard" | "keep";
        EarlyStoppingSpec: {
            /**
             * Metric
             * @description Score on the validation split that early stopping watches and that chooses the best epoch. Macro-F1 and balanced accuracy are means over the classes, whatever the number of their images.
             * @example validationAccuracy
             * @enum {string}
             */
            metric: "validationLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy";
            /**
             * Mode
             * @description Direction in which the score improves. Must be `min` for the loss and `max` for the other metrics, which is the default.
             * @example min
             * @enum {string}
             */
            mode: "min" | "max";
            /**
             * Patience
             * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
             * @example 5
             */
            patience: number | null;
            /**
             * Minimum change
             * @description A score counts as an improvement only if it is better by more than this.
             * @example 0.001
             */
            minDelta: number;
        };
        /**
         * Metadata
         * @description Up to 16 labels by which `GET /jobs` finds the job. Keys have 1 to 64 letters, digits, `.`, `_`, `-`; values up to 256 characters. They do not influence training. Default: none.
         * @example {
         *       "team": "vision",
         *       "experiment": "17"
         *     }
         */
        Metadata: {
            [key: string]: string;
        };
        JobPage: {
            jobs: components["schemas"]["Job"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        JobSpec: {
            /**
             * Network
             * @description Architecture to train.
             * @enum {string}
             */
            network: "resnet" | "densenet";
            /** @description Options of the network, with every default filled in. */
            networkOptions: components["schemas"]["ResnetOptions"] | components["schemas"]["DensenetOptions"];
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            dataset: components["schemas"]["DatasetSpec"];
            augmentation: components["schemas"]["AugmentationSpec"];
            normalization: components["schemas"]["NormalizationSpec"];
            optimizer: components["schemas"]["OptimizerSpec"];
            schedule: components["schemas"]["ScheduleSpec"];
            /**
             * Precision
             * @description Number format of the forward and backward pass. Weights and BatchNorm statistics are float32 in both.
             * @enum {string}
             */
            precision: "float32" | "bfloat16";
            /** @description Reason for the value of `precision`, as a sentence. */
            precisionReason: string;
            /**
             * Early stopping
             * @description Stops the run before its last epoch if the score on the validation split (`dataset.validationSamples`) no longer improves. The model then has the weights of the best epoch. Never uses the test images. null: no early stopping.
             */
            earlyStopping: components["schemas"]["EarlyStoppingSpec"] | null;
            /**
             * Batch size
             * @description Images per step. The last batch of an epoch may be smaller.
             * @example 128
             */
            batchSize: number;
            /**
             * Micro batch size
             * @description Images in memory at once. Must divide `batchSize`. A step accumulates the gradients of `batchSize / microBatchSize` micro batches. The update equals that of the whole batch, except that BatchNorm, dropout and augmentation act on each micro batch separately. Default: `batchSize`.
             * @example 32
             */
            microBatchSize: number;
            /**
             * Label smoothing
             * @description Share of each label that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
             * @example 0.1
             */
            labelSmoothing: number;
            /**
             * Gradient clipping
             * @description Largest L2 norm of all gradients together. Larger gradients are scaled down. null: no limit.
             * @example 1
             */
            gradientClipNorm: number | null;
            /**
             * EMA decay
             * @description Decay per step of an exponential moving average of the weights, at step t at most (1 + t) / (10 + t). The averages are scored and saved instead of the weights. null: no average.
             * @example 0.999
             */
            emaDecay: number | null;
            /**
             * Epochs
             * @description Passes over the training images.
             * @example 5
             * @example 30
             */
            epochs: number;
            /**
             * Time limit
             * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
             * @example 3600
             */
            maxSeconds: number | null;
            /**
             * Seed
             * @description Seed of all random numbers, such as initial weights and the order of images. The same seed gives the same weights.
             * @example 42
             */
            seed: number;
            /**
             * Step interval
             * @description Steps between two `step` frames. The last step of an epoch always has one.
             * @example 50
             */
            stepInterval: number;
            /**
             * Frozen layers
             * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
             * @example backbone
             * @example layer3
             */
            freeze?: string | null;
            /**
             * Rate of the head
             * @description Factor on the learning rate of the head, the last layer.
             * @example 10
             */
            headRate?: number;
            /**
             * Decay per stage
             * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
             * @example 0.5
             */
            layerDecay?: number;
            /**
             * BatchNorm
             * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
             * @example frozen
             * @enum {string}
             */
            batchNorm?: "trained" | "frozen";
            /**
             * Class weights
             * @description Factors on the training loss of the images of each class, in the order of the data set’s classes. `balanced`: n / (k · nᵢ) for the nᵢ of n training images in class i of k classes, as scikit-learn’s `class_weight="balanced"`. The loss of a batch is the mean over its images. Validation and test losses have no weights. null: none.
             * @example balanced
             * @example [
             *       1,
             *       4.5
             *     ]
             */
            classWeights?: "balanced" | number[];
            /**
             * @description Present if each class is equally likely in every draw of an image.
             * @constant
             */
            sampler?: "balanced";
            /**
             * Phases
             * @description Parts of the run, one after the other, each with its own layers, learning rates and schedule. Each begins with an empty optimizer; weights, BatchNorm’s running statistics and averages carry over. `epochs` of the job is their sum. Default: the whole run is one phase.
             */
            phases?: {
                /**
                 * Epochs
                 * @description Passes over the training images in this phase.
                 * @example 5
                 * @example 30
                 */
                epochs: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate: number;
                /**
                 * Input side
                 * @description Side of the images that this phase trains on. Scores use `dataset.resize`, the side at which the model predicts.
                 * @example 128
                 */
                resize: number;
                /**
                 * Frozen layers
                 * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
                 * @example backbone
                 * @example layer3
                 */
                freeze: string | null;
                /**
                 * Rate of the head
                 * @description Factor on the learning rate of the head, the last layer.
                 * @example 10
                 */
                headRate: number;
                /**
                 * Decay per stage
                 * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
                 * @example 0.5
                 */
                layerDecay: number;
                /**
                 * BatchNorm
                 * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
                 * @example frozen
                 * @enum {string}
                 */
                batchNorm: "trained" | "frozen";
                schedule: components["schemas"]["ScheduleSpec"];
            }[];
            from?: components["schemas"]["StartSpec"];
        };
        /** @enum {string} */
        JobStatus: "queued" | "running" | "paused" | "succeeded" | "failed" | "cancelled";
        DatasetSpec: {
            /**
             * Data set name
             * @description Data set to train on, one of `GET /datasets`: `fashion-mnist`, an imported data set, or `synthetic`, whose images are generated from the seed and need no files.
             * @example fashion-mnist
             */
            name: string;
            /**
             * Input side
             * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres. Default: 96 for built-in data sets, the side of the stored images for imported ones.
             * @example 28
             * @example 96
             */
            resize: number;
            /**
             * Training images
             * @description Number of training images: the first N of the training set. Default: all.
             * @example 10000
             */
            trainSamples: number;
            /**
             * Test images
             * @description Number of test images: the first N of the test set. Default: all.
             * @example 2000
             */
            testSamples: number;
            /**
             * Validation images
             * @description Number of validation images. They are scored after each epoch and never trained on. Early stopping and the best epoch use their score, never that of the test images. The seed draws them from the training images; with `validation: "own"` they are the first N of the data set’s validation split. Default: 0; with `validation: "own"` the whole split.
             * @example 5000
             */
            validationSamples: number;
            /**
             * @description Present if the validation images are the data set’s own split. Absent if they are drawn from the training images.
             * @constant
             */
            validation?: "own";
            /**
             * @description Present if each class gives its share of the drawn validation images. Absent in jobs of earlier versions, which drew from all training images alike.
             * @constant
             */
            stratified?: true;
        };
        AugmentationSpec: {
            /**
             * Random crop
             * @description Black pixels added on every side of an image, in pixels of the data set, before it is cut back to its size at a random place. 0: no crop.
             * @example 2
             */
            crop: number;
            /**
             * Random mirror
             * @description Mirrors half of the images left to right.
             * @example true
             */
            flip: boolean;
            /**
             * Random erasing
             * @description Share of the images in which a random rectangle of 2 to 33 % of the area is set to 0 (Zhong et al. 2017, arXiv:1708.04896).
             * @example 0.25
             */
            erasing: number;
            /**
             * Cutout
             * @description Side of a square at a random centre that is set to 0, in pixels of the data set (DeVries & Taylor 2017, arXiv:1708.04552). 0: no cutout.
             * @example 8
             */
            cutout: number;
            /**
             * Mixup
             * @description Alpha of Beta(alpha, alpha), from which each step draws the share by which it mixes pairs of images (Zhang et al. 2017, arXiv:1710.09412). 0: no mixup.
             * @example 0.2
             */
            mixup: number;
            /**
             * Random vertical mirror
             * @description Mirrors half of the images top to bottom.
             * @example true
             */
            verticalFlip?: boolean;
            /**
             * Random resized crop
             * @description Cuts a random part out of each image and resizes it to the network’s input, as torchvision’s RandomResizedCrop with antialiasing (Szegedy et al. 2014, arXiv:1409.4842). Excludes `crop`. null: none.
             */
            randomResizedCrop?: {
                /**
                 * Share of the area
                 * @description Minimum and maximum share of the image’s area.
                 * @example [
                 *       0.08,
                 *       1
                 *     ]
                 */
                scale: number[];
                /**
                 * Ratio of the sides
                 * @description Minimum and maximum width / height of the part.
                 * @example [
                 *       0.75,
                 *       1.3333
                 *     ]
                 */
                ratio: number[];
            };
            /**
             * Random affine map
             * @description Rotates, moves, scales and shears each image at random, bilinearly, black outside, as torchvision’s RandomAffine. null: none.
             */
            affine?: {
                /**
                 * Largest rotation
                 * @description Largest rotation to either side.
                 * @example 15
                 */
                degrees: number;
                /**
                 * Largest translation
                 * @description Largest translation to the side, and up or down, as a share of the image’s side.
                 * @example [
                 *       0.1,
                 *       0.1
                 *     ]
                 */
                translate: number[];
                /**
                 * Scale
                 * @description Minimum and maximum factor on the size.
                 * @example [
                 *       0.8,
                 *       1.2
                 *     ]
                 */
                scale: number[];
                /**
                 * Largest shear
                 * @description Largest shear along the rows, and along the columns.
                 * @example [
                 *       10,
                 *       0
                 *     ]
                 */
                shear: number[];
            };
            /**
             * Colour jitter
             * @description Changes brightness, contrast, saturation and hue of each image at random, in a random order, as torchvision’s ColorJitter. null: none.
             */
            colorJitter?: {
                /**
                 * Brightness
                 * @description Changes the brightness by a factor between 1 − x and 1 + x, at least 0.
                 * @example 0.4
                 */
                brightness: number;
                /**
                 * Contrast
                 * @description Changes the contrast by a factor between 1 − x and 1 + x, at least 0.
                 * @example 0.4
                 */
                contrast: number;
                /**
                 * Saturation
                 * @description Changes the saturation of colour images by a factor between 1 − x and 1 + x, at least 0.
                 * @example 0.4
                 */
                saturation: number;
                /**
                 * Hue
                 * @description Shifts the hue of colour images by up to this share of the colour circle, to either side.
                 * @example 0.1
                 */
                hue: number;
            };
            /**
             * CutMix
             * @description Alpha of Beta(alpha, alpha), from which each step draws the size of a box that pairs of images exchange (Yun et al. 2019, arXiv:1905.04899). With a `mixup` above 0, half of the steps do one and half the other. 0: no CutMix.
             * @example 1
             */
            cutmix?: number;
            /**
             * TrivialAugmentWide
             * @description Changes each image by one of 14 operations at one of 31 strengths, all equally likely, as torchvision’s TrivialAugmentWide (Müller & Hutter 2021, arXiv:2103.10158). Excludes `randAugment`.
             * @example true
             */
            trivialAugmentWide?: boolean;
            /**
             * RandAugment
             * @description Changes each image by several of 14 operations at one strength, as torchvision’s RandAugment (Cubuk et al. 2019, arXiv:1909.13719). Excludes `trivialAugmentWide`. null: none.
             */
            randAugment?: {
                /**
                 * Operations
                 * @description Number of operations that each image goes through.
                 * @example 2
                 */
                operations: number;
                /**
                 * Magnitude
                 * @description Strength of all operations.
                 * @example 9
                 */
                magnitude: number;
            };
        };
        /**
         * Normalization
         * @description `none`: pixels from 0 to 1. `dataset`: normalized by mean and standard deviation of the training set. Or an object with both numbers per channel.
         * @example dataset
         * @example {
         *       "mean": [
         *         0.286
         *       ],
         *       "std": [
         *         0.353
         *       ]
         *     }
         */
        NormalizationSpec: ("none" | "dataset") | {
            /** @description Subtracted from the pixels (0 to 1), per channel. */
            mean: number[];
            /** @description Divides the result, per channel. */
            std: number[];
        };
        Progress: {
            /** @description Current epoch, from 1. */
            epoch: number;
            /** @description Steps done in this epoch. */
            step: number;
            /** @description Steps of one epoch. */
            steps: number;
            /** @description Recent training rate. */
            imagesPerSecond?: number;
        };
        EpochScores: {
            epoch: number;
            /** @description Steps trained in this epoch. Present if the run stopped within it. */
            step?: number;
            /** @description Mean cross entropy over the training images, in training mode. */
            trainLoss: number;
            /** @description Share of the training images classified correctly, in training mode. */
            trainAccuracy: number;
            /** @description Mean cross entropy over the validation images, in evaluation mode. */
            validationLoss?: number;
            /** @description Share of the validation images classified correctly, in evaluation mode. */
            validationAccuracy?: number;
            /** @description Mean F1 over the classes on the validation images. Absent in older frames and without validation images. */
            validationMacroF1?: number;
            /** @description Mean recall over the classes on the validation images. Absent in older frames and without validation images. */
            validationBalancedAccuracy?: number;
            /** @description Share of the validation images whose class is among the 5 most probable ones. Only with 6 classes or more. */
            validationTop5Accuracy?: number;
            /** @description Mean cross entropy over the test images, in evaluation mode. */
            testLoss: number;
            /** @description Share of the test images classified correctly, in evaluation mode. */
            testAccuracy: number;
            /** @description Share of the test images whose class is among the 5 most probable ones. Only with 6 classes or more. */
            testTop5Accuracy?: number;
        };
        Failure: {
            /** @description Stable code, for programs. */
            code: string;
            /** @description What happened, as a sentence. */
            message: string;
            /** @description Only for `out_of_memory`: highest measured memory of the trainer. */
            peakBytes?: number;
        };
        ModelReference: {
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            version: number;
        };
        ModelManifest: {
            /** @constant */
            format: "trainyard-model/1";
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            version: number;
            /** @description Job that trained the model. Absent if it was imported. */
            jobId?: string;
            /** @description File with the imported weights. Present if the model was imported. */
            imported?: {
                /** @description SHA-256 of the file. */
                sha256: string;
                bytes: number;
                /** @description Id of the pretrained model, as the import gave it. */
                origin?: string;
                /** @description Address that the file came from, without its query. */
                url?: string;
            };
            /** Format: date-time */
            createdAt: string;
            spec: components["schemas"]["JobSpec"] | {
                /**
                 * Network
                 * @description Architecture to train.
                 * @enum {string}
                 */
                network: "resnet" | "densenet";
                /** @description Options of the network, with every default filled in. */
                networkOptions: components["schemas"]["ResnetOptions"] | components["schemas"]["DensenetOptions"];
                /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
                dataset: {
                    /** @constant */
                    name: "unknown";
                    /**
                     * Input side
                     * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres.
                     */
                    resize: number;
                };
                normalization: components["schemas"]["NormalizationSpec"];
                /** @constant */
                precision: "float32";
            };
            /** @description Trainable parameters. */
            parameters: number;
            preprocessing: components["schemas"]["Preprocessing"];
            /** @description Class names, in the order of the outputs. */
            classes: string[];
            /** @description Scores of the last epoch. Absent if the model was imported. */
            scores?: components["schemas"]["EpochScores"];
            /** @description Steps that trained these weights. Absent in older manifests. */
            steps?: number;
            /** @description Why training stopped. Absent in older manifests. */
            reason?: components["schemas"]["EndReason"];
            /** @description Live changes during training. With the spec they train the same weights again. Absent if there were none. */
            changes?: components["schemas"]["AppliedChange"][];
            /** @description SHA-256 of the pixels and labels of training, validation and test. */
            datasetSha256?: string;
            /** @description Divisor of the logits for calibrated probabilities. null: not fitted. */
            temperature?: number | null;
            /** @description Paths are relative to the model folder. */
            files: {
                /** @description Weights in safetensors format. */
                weights: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Serving graph for TensorFlow. */
                savedModel: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Serving graph for ONNX Runtime, in float32. */
                onnx?: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Evaluation on the test images. */
                evaluation?: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Golden predictions: images with the logits that a loaded model must reproduce. */
                golden?: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Misclassified images of the evaluation. */
                confused?: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Predictions of the test images. */
                predictions?: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
                /** @description Epochs, changes and steps of the run. */
                course?: {
                    path: string;
                    /** @description SHA-256 of the file. */
                    sha256: string;
                };
            };
        };
        ModelSummary: {
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            /** @description One page of the versions, in ascending order. */
            versions: number[];
            /** @description Version of each label. */
            labels: {
                [key: string]: number;
            };
            /** @description Versions on this page that a predictor of the answering API process has in memory. */
            loaded: number[];
            latest: components["schemas"]["ModelManifest"];
            /** @description Number of classes. Present in lists, if `classes` has only the first 256 names. */
            classCount?: number;
            /** @description Cursor of the next page, for `GET /models/{name}`. Absent on the last page. */
            nextCursor?: string;
        };
        ModelPage: {
            models: components["schemas"]["ModelSummary"][];
            /** @description Cursor of the next page. Absent on the last page. A page may be shorter than `limit`. */
            nextCursor?: string;
        };
        ModelVersion: {
            manifest: components["schemas"]["ModelManifest"];
            /** @description Labels of this version. */
            labels: string[];
            state: components["schemas"]["ModelState"];
            /** @description Files of the manifest, with their sizes on disk. */
            files: components["schemas"]["StoredFile"][];
        };
        StoredFile: {
            /** @description Path relative to the model's folder. */
            path: string;
            bytes: number;
            sha256: string;
        };
        ModelState: {
            /** @description Whether a predictor of the answering API process has the model in memory. */
            loaded: boolean;
            /** @description Estimated memory of the loaded model. */
            bytes?: number;
            /**
             * @description Library that computes the predictions.
             * @enum {string}
             */
            runtime: "onnxruntime" | "tensorflow";
            /** @description Whether the model passed its latest parity check since the API process started. */
            passed: boolean;
            /** @description Why the latest parity check failed. */
            refused?: components["schemas"]["Failure"];
        };
        LabelRequest: {
            version: number;
            /** @description Condition for the move: the score of the new version must beat that of the version that has the label. */
            gate?: {
                /**
                 * @description Score that is compared. With `dataset` one of accuracy, top5Accuracy, balancedAccuracy, macroF1, loss, expectedCalibrationError; otherwise, from the training, one of testAccuracy, testTop5Accuracy, testLoss, validationAccuracy, validationMacroF1, validationBalancedAccuracy, validationTop5Accuracy, validationLoss. Of losses and errors the smaller one is better, of the others the larger one.
                 * @enum {string}
                 */
                metric: "testAccuracy" | "testTop5Accuracy" | "testLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy" | "validationTop5Accuracy" | "validationLoss" | "accuracy" | "top5Accuracy" | "balancedAccuracy" | "macroF1" | "loss" | "expectedCalibrationError";
                /** @description The score must be better by more than this. Default 0. */
                minDelta?: number;
                /** @description Data set on which both versions were evaluated. Their newest evaluations on the same images are compared. Absent: the scores of the trainings. */
                dataset?: string;
                /**
                 * @description Images of the data set. Default `test`. Only with `dataset`.
                 * @enum {string}
                 */
                split?: "train" | "validation" | "test";
            };
            /** @description Moves the label only if this version has it now. null: only if no version has it. */
            expected?: number | null;
        };
        LabelState: {
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            /** @description Lower-case letters, digits, `_`, `-`; 1 to 64 characters, the first a letter, as `stable` or `canary`. */
            label: string;
            /** @description Version that has the label. null: none. */
            version: number | null;
            /** @description One page of the changes, newest first. The service keeps the latest LABEL_HISTORY changes (100 by default). */
            history: components["schemas"]["LabelChange"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        LabelPlan: {
            /** @description Version that has the label now. null: none. */
            from: number | null;
            /** @description Version in the request. */
            to: number;
            /** @description Whether the request would move the label now. */
            moves: boolean;
            /** @description Why the label would stay, as a sentence. */
            reason?: string;
            /**
             * @description Code of the error that the request would get. Absent if it would succeed.
             * @enum {string}
             */
            code?: "label_moved" | "label_gate" | "evaluation_not_found" | "evaluation_mismatch";
            /** @description Scores that the gate compares. Present if the request has a gate. */
            scores?: {
                /**
                 * @description Score that is compared. With `dataset` one of accuracy, top5Accuracy, balancedAccuracy, macroF1, loss, expectedCalibrationError; otherwise, from the training, one of testAccuracy, testTop5Accuracy, testLoss, validationAccuracy, validationMacroF1, validationBalancedAccuracy, validationTop5Accuracy, validationLoss. Of losses and errors the smaller one is better, of the others the larger one.
                 * @enum {string}
                 */
                metric: "testAccuracy" | "testTop5Accuracy" | "testLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy" | "validationTop5Accuracy" | "validationLoss" | "accuracy" | "top5Accuracy" | "balancedAccuracy" | "macroF1" | "loss" | "expectedCalibrationError";
                /** @description Data set on which both versions were evaluated. Their newest evaluations on the same images are compared. Absent: the scores of the trainings. */
                dataset?: string;
                /**
                 * @description Images of the data set. Default `test`. Only with `dataset`.
                 * @enum {string}
                 */
                split?: "train" | "validation" | "test";
                /** @description Score of the version that has the label now. null: it has none. */
                from: number | null;
                /** @description Score of the version in the request. null: it has none. */
                to: number | null;
            };
        };
        LabelChange: {
            number: number;
            /** @enum {string} */
            action: "move" | "rollback" | "remove";
            /** @description Version that has the label after the change. null: none. */
            version: number | null;
            /** @description Only for rollbacks: the change whose version the label has again. */
            restores?: number;
            gate?: components["schemas"]["LabelGate"];
            /** Format: date-time */
            at: string;
        };
        /** @description Condition for the move: the score of the new version must beat that of the version that has the label. */
        LabelGate: {
            /**
             * @description Score that is compared. With `dataset` one of accuracy, top5Accuracy, balancedAccuracy, macroF1, loss, expectedCalibrationError; otherwise, from the training, one of testAccuracy, testTop5Accuracy, testLoss, validationAccuracy, validationMacroF1, validationBalancedAccuracy, validationTop5Accuracy, validationLoss. Of losses and errors the smaller one is better, of the others the larger one.
             * @enum {string}
             */
            metric: "testAccuracy" | "testTop5Accuracy" | "testLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy" | "validationTop5Accuracy" | "validationLoss" | "accuracy" | "top5Accuracy" | "balancedAccuracy" | "macroF1" | "loss" | "expectedCalibrationError";
            /** @description The score must be better by more than this. Default 0. */
            minDelta: number;
            /** @description Data set on which both versions were evaluated. Their newest evaluations on the same images are compared. Absent: the scores of the trainings. */
            dataset?: string;
            /**
             * @description Images of the data set. Default `test`. Only with `dataset`.
             * @enum {string}
             */
            split?: "train" | "validation" | "test";
        };
        CheckpointSource: {
            /**
             * Format: uuid
             * @description Job that wrote the checkpoint.
             */
            job: string;
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            /** @description Complete epochs. */
            epoch: number;
            /** @description Steps done in the whole run. */
            steps: number;
        };
        Evaluation: {
            /** @description Number of test images. */
            images: number;
            /** @description Origin of the test images. Absent in older models. */
            testSplit?: {
                /** @description Data set of the test images. */
                dataset: string;
                /** @description Digest of the test images and labels of the data set. It changes if the data set is replaced. */
                sha256: string;
            };
            /** @description Share of the test images classified correctly. */
            accuracy: number;
            /** @description Accuracy with and without leaks between the splits. Only the training images that the job used count. Absent for built-in data sets, and if an earlier version imported the data set or trained the model. */
            leaks?: {
                /** @description Test images that the training has seen. `same` and `near` add up to it. */
                images: number;
                /** @description Those with the same pixels as a training or validation image. */
                same: number;
                /** @description Those that nearly equal a training or validation image. */
                near: number;
                /** @description null: there is none. */
                accuracy: number | null;
                others: {
                    /** @description Test images that are new to the model. */
                    images: number;
                    /** @description null: there is none. */
                    accuracy: number | null;
                };
            };
            /** @description Confusion matrix. Row: class of the image. Column: predicted class. Both in the order of `classes`. Absent for more than 256 classes. */
            confusion?: number[][];
            /** @description The most frequent confusions, at most 1000. Replaces `confusion` for more than 256 classes. */
            confusedPairs?: {
                /** @description Class of the images. */
                label: string;
                /** @description Predicted class. */
                predicted: string;
                /** @description Number of images. */
                images: number;
            }[];
            classes: components["schemas"]["ClassScores"][];
            /** @description Means over the classes that occur: that have images or were predicted, as in scikit-learn. */
            macro: {
                /** @description Mean precision. */
                precision: number;
                /** @description Mean recall. */
                recall: number;
                /** @description Mean F1. */
                f1: number;
            };
            calibration: components["schemas"]["Calibration"];
            /** @description The misclassified test images with the highest probability, highest first. */
            confused: components["schemas"]["ConfusedExample"][];
        };
        ClassScores: {
            label: string;
            /** @description Share of correct images among those classified as this class. */
            precision: number;
            /** @description Share of the images of this class that are classified as this class. */
            recall: number;
            /** @description Harmonic mean of precision and recall. */
            f1: number;
            /** @description Test images of this class. */
            support: number;
        };
        Calibration: {
            /** @description Number of bins of equal width over the probability of the predicted class. */
            bins: number;
            /** @description Mean difference between accuracy and probability within a bin, over the test images (Guo et al. 2017, arXiv:1706.04599). */
            expectedCalibrationError: number;
            /** @description Divisor of the logits for calibrated probabilities. null: not fitted. */
            temperature: number | null;
            /** @description Images on which the temperature was fitted, or why it was not. */
            fitted: string;
            calibratedError: number | null;
            /** @description Reliability diagram: accuracy and mean probability of each bin. Absent in older models. */
            reliability?: components["schemas"]["ReliabilityBin"][];
            /** @description Reliability diagram of the calibrated probabilities. Absent without a temperature, and in older models. */
            calibratedReliability?: components["schemas"]["ReliabilityBin"][];
        };
        ConfusedExample: {
            /** @description Index of the image among the test images. */
            image: number;
            /** @description Path of the file in the archive of the data set. Absent if the data set does not know it. */
            path?: string;
            /** @description Class of the image. */
            label: string;
            /** @description Predicted class. */
            predicted: string;
            /** @description Probability of the predicted class. */
            probability: number;
        };
        ReliabilityBin: {
            /** @description Lower end of the bin. */
            from: number;
            /** @description Upper end of the bin. */
            to: number;
            /** @description Test images in the bin. */
            images: number;
            /** @description Share of these images that are classified correctly. 0 if the bin is empty. */
            accuracy: number;
            /** @description Mean probability of the predicted class. 0 if the bin is empty. */
            confidence: number;
        };
        TestPrediction: {
            /** @description Index of the image among the test images of its data set, from 0. */
            image: number;
            /** @description Path of the file in the archive of the data set. Absent unless `pictures.state` is `present` and the data set knows its paths. */
            path?: string;
            /** @description Class of the image. */
            actual: string;
            /** @description Predicted class. */
            predicted: string;
            /** @description Probability of the predicted class. */
            probability: number;
        };
        TestPredictionPage: {
            /** @description Images that the query selects, on all pages. */
            total: number;
            pictures: components["schemas"]["TestPictures"];
            images: components["schemas"]["TestPrediction"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description Origin of the pictures: if `state` is `present`, `GET /datasets/{dataset}/images/test/{image}` has them. */
        TestPictures: {
            /** @description Data set of the test images. */
            dataset: string;
            /**
             * @description Whether the data set has the test images of the evaluation now, by their digest. `replaced`: it has others. `unknown`: the model is older than this digest.
             * @enum {string}
             */
            state: "present" | "replaced" | "deleted" | "unknown";
            /** @description What the state means, as a sentence. Absent if it is `present`. */
            message?: string;
        };
        ComparedPrediction: {
            /** @description Index of the image among the test images of its data set, from 0. */
            image: number;
            /** @description Path of the file in the archive of the data set. Absent unless `pictures.state` is `present` and the data set knows its paths. */
            path?: string;
            /** @description Class of the image. */
            actual: string;
            /** @description Prediction of the other version. */
            before: {
                /** @description Predicted class. */
                predicted: string;
                /** @description Probability of the predicted class. */
                probability: number;
            };
            /** @description Prediction of the version in the path. */
            after: {
                /** @description Predicted class. */
                predicted: string;
                /** @description Probability of the predicted class. */
                probability: number;
            };
        };
        EvaluationComparison: {
            /** @description The other version. */
            with: components["schemas"]["ModelReference"];
            /** @description Test images that both versions classify correctly. */
            bothRight: number;
            /** @description Test images that only the version in the path classifies correctly. */
            fixed: number;
            /** @description Test images that only the other version classifies correctly. */
            broken: number;
            /** @description Test images that neither version classifies correctly. */
            bothWrong: number;
            /** @description Probability of at least this imbalance of `fixed` and `broken` if both versions were equally good (exact McNemar test). Below 0.05 the difference is hardly chance. */
            pValue: number;
            pictures: components["schemas"]["TestPictures"];
            /** @description Images of the wanted change, by their probability. */
            images: components["schemas"]["ComparedPrediction"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        DatasetEvaluationRequest: {
            /** @description Data set, one of `GET /datasets`. Its classes must be those of the model; their order does not matter. */
            dataset: string;
            /**
             * @description Images of the data set. Default `test`. `validation` is the split of its own, if the data set has one.
             * @default test
             * @enum {string}
             */
            split?: "train" | "validation" | "test";
            /**
             * @description Entries of the queue with a higher priority are taken first. Jobs have the same range.
             * @default 0
             */
            priority?: number;
        };
        DatasetEvaluation: {
            /** Format: uuid */
            id: string;
            /** @description Version that is evaluated. */
            model: components["schemas"]["ModelReference"];
            /** @description Data set. */
            dataset: string;
            /**
             * @description Images of the data set.
             * @enum {string}
             */
            split: "train" | "validation" | "test";
            /** @description Entries of the queue with a higher priority are taken first. Jobs have the same range. */
            priority: number;
            /**
             * @description `queued`: waits for a worker. `running`: a worker predicts its images. `succeeded` and `failed`: it has ended.
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed";
            /** @description Number of times a worker has begun it. */
            attempt: number;
            /** @description Progress of a running evaluation. Absent while its images are loaded. */
            progress?: {
                /** @description Predicted images. */
                images: number;
                /** @description Images of the split. */
                total: number;
            };
            /**
             * Format: date-time
             * @description When it was requested.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When its latest attempt began.
             */
            startedAt?: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            endedAt?: string;
            /** @description Digest of the images and labels. Evaluations with the same digest can be compared. */
            sha256?: string;
            /** @description Scores. Present once it has succeeded. */
            scores?: components["schemas"]["EvaluationScores"];
            /** @description Why it failed. */
            error?: components["schemas"]["Failure"];
        };
        DatasetEvaluationDetails: {
            /** Format: uuid */
            id: string;
            /** @description Version that is evaluated. */
            model: components["schemas"]["ModelReference"];
            /** @description Data set. */
            dataset: string;
            /**
             * @description Images of the data set.
             * @enum {string}
             */
            split: "train" | "validation" | "test";
            /** @description Entries of the queue with a higher priority are taken first. Jobs have the same range. */
            priority: number;
            /**
             * @description `queued`: waits for a worker. `running`: a worker predicts its images. `succeeded` and `failed`: it has ended.
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed";
            /** @description Number of times a worker has begun it. */
            attempt: number;
            /** @description Progress of a running evaluation. Absent while its images are loaded. */
            progress?: {
                /** @description Predicted images. */
                images: number;
                /** @description Images of the split. */
                total: number;
            };
            /**
             * Format: date-time
             * @description When it was requested.
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description When its latest attempt began.
             */
            startedAt?: string;
            /**
             * Format: date-time
             * @description When it ended.
             */
            endedAt?: string;
            /** @description Digest of the images and labels. Evaluations with the same digest can be compared. */
            sha256?: string;
            /** @description Scores. Present once it has succeeded. */
            scores?: components["schemas"]["EvaluationScores"];
            /** @description Why it failed. */
            error?: components["schemas"]["Failure"];
            /** @description Confusion, scores of each class and calibration. Present once it has succeeded. */
            result?: components["schemas"]["EvaluationResult"];
        };
        DatasetComparison: {
            /** @description The other version. */
            with: components["schemas"]["ModelReference"];
            /** @description Test images that both versions classify correctly. */
            bothRight: number;
            /** @description Test images that only the version in the path classifies correctly. */
            fixed: number;
            /** @description Test images that only the other version classifies correctly. */
            broken: number;
            /** @description Test images that neither version classifies correctly. */
            bothWrong: number;
            /** @description Probability of at least this imbalance of `fixed` and `broken` if both versions were equally good (McNemar, two-sided). */
            pValue: number;
            pictures: components["schemas"]["TestPictures"];
            /** @description Images of the wanted change, by their probability. */
            images: components["schemas"]["ComparedPrediction"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
            /**
             * @description Images of the data set.
             * @enum {string}
             */
            split: "train" | "validation" | "test";
            /**
             * Format: uuid
             * @description Evaluation of the version in the path.
             */
            evaluation: string;
            /**
             * Format: uuid
             * @description Evaluation of the other version.
             */
            withEvaluation: string;
            /** @description Accuracy of the version in the path minus that of the other one. */
            difference: number;
            /** @description Percentile bootstrap interval of the difference, from a fixed seed. */
            interval: {
                /** @description Lower end. */
                low: number;
                /** @description Upper end. */
                high: number;
                /** @description Confidence level. */
                level: number;
                /** @description Number of bootstrap resamples. */
                resamples: number;
            };
            /**
             * @description Form of the test: exact binomial below 25 images that changed sides, otherwise chi-square with continuity correction.
             * @enum {string}
             */
            test: "exact" | "chi-square";
        };
        EvaluationScores: {
            /** @description Number of images. */
            images: number;
            /** @description Share of the images classified correctly. */
            accuracy: number;
            /** @description Share of the images whose class is among the five most probable ones. Absent for fewer than 6 classes. */
            top5Accuracy?: number;
            /** @description Mean cross entropy, in nats. */
            loss: number;
            /** @description Mean recall of the classes that have images. */
            balancedAccuracy: number;
            /** @description Mean F1 of the classes that occur: that have images or were predicted, as in scikit-learn. */
            macroF1: number;
            /** @description Expected calibration error, without a temperature. */
            expectedCalibrationError: number;
        };
        EvaluationResult: {
            /** @description Accuracy with and without leaks between the splits. Only the training images that the job used count. Absent for built-in data sets, and if an earlier version imported the data set or trained the model. */
            leaks?: {
                /** @description Test images that the training has seen. `same` and `near` add up to it. */
                images: number;
                /** @description Those with the same pixels as a training or validation image. */
                same: number;
                /** @description Those that nearly equal a training or validation image. */
                near: number;
                /** @description null: there is none. */
                accuracy: number | null;
                others: {
                    /** @description Test images that are new to the model. */
                    images: number;
                    /** @description null: there is none. */
                    accuracy: number | null;
                };
            };
            /** @description Confusion matrix. Row: class of the image. Column: predicted class. Both in the order of `classes`. Absent for more than 256 classes. */
            confusion?: number[][];
            /** @description The most frequent confusions, at most 1000. Replaces `confusion` for more than 256 classes. */
            confusedPairs?: {
                /** @description Class of the images. */
                label: string;
                /** @description Predicted class. */
                predicted: string;
                /** @description Number of images. */
                images: number;
            }[];
            classes: components["schemas"]["ClassScores"][];
            /** @description Means over the classes that occur: that have images or were predicted, as in scikit-learn. */
            macro: {
                /** @description Mean precision. */
                precision: number;
                /** @description Mean recall. */
                recall: number;
                /** @description Mean F1. */
                f1: number;
            };
            calibration: components["schemas"]["Calibration"];
        };
        DatasetEvaluationPage: {
            /** @description Newest first. */
            evaluations: components["schemas"]["DatasetEvaluation"][];
        };
        EvaluatedImagePage: {
            /** @description Images that the query selects, on all pages. */
            total: number;
            pictures: components["schemas"]["TestPictures"];
            images: components["schemas"]["TestPrediction"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
            /**
             * @description Split of the images: if `pictures.state` is `present`, `GET /datasets/{dataset}/images/{split}/{image}` has them.
             * @enum {string}
             */
            split: "train" | "validation" | "test";
        };
        /** @description Conversion of an image to the input of the serving graph: grey or colour, height × width bytes. The graph does the remaining steps. */
        Preprocessing: {
            height: number;
            width: number;
            /** @enum {integer} */
            channels: 1 | 3;
            /**
             * @description `contain`: the whole image with its aspect ratio; the background fills the rest. `cover`: the centre, as large as it fits. `stretch`: the whole image without its aspect ratio. `resize-crop`: the shorter side becomes side / `cropShare`, and the centre is cut out, as torchvision’s `Resize` and `CenterCrop` do.
             * @enum {string}
             */
            fit: "contain" | "cover" | "stretch" | "resize-crop";
            /** @description Share of the shorter side that `resize-crop` keeps. 1 for any other `fit`. */
            cropShare: number;
            /** @description Background around the image and behind transparent pixels: a grey level, or red, green and blue. */
            background: number | number[];
            /**
             * @description `managed`: colour profiles are converted to sRGB, and transparent pixels show the background. `plain`: profiles and transparency are ignored, as Pillow’s `convert("RGB")` and TensorFlow’s decoders do. Both turn the image upright by its EXIF data. Default `managed`.
             * @enum {string}
             */
            decoding: "managed" | "plain";
            /**
             * @description `fast`: libvips, which decodes large JPEG and WebP files at a reduced size; close to antialiased bilinear. `bilinear` and `bicubic`: the pixels of Pillow and torchvision. `fast` is only for `contain`, `managed` and `antialias: true`. There it is the default; elsewhere the default is `bilinear`.
             * @enum {string}
             */
            interpolation: "fast" | "bilinear" | "bicubic";
            /** @description Whether `bilinear` and `bicubic` average over all pixels when they make an image smaller, as Pillow does. `false`: they read the nearest 4 or 16 pixels, as TensorFlow’s `resize` does by default. Default true. */
            antialias: boolean;
            /** @description Factor on each pixel value (0 to 255), applied inside the serving graph. */
            scale: number;
            /** @description Side of the network input, in pixels. The serving graph resizes bilinearly. */
            resize: number;
            /** @description Subtracted from the scaled pixels inside the serving graph; [0] without normalization. One number per channel, or one for all. */
            mean: number[];
            /** @description Divides the result; [1] without normalization. One number per channel, or one for all. */
            std: number[];
        };
        ResnetOptions: {
            /**
             * Variant
             * @description `tutorial`: residuals of two 3×3 convolutions with biases, and a 1×1 shortcut without BatchNorm. The others follow torchvision: convolutions without biases, BatchNorm on the shortcut, and from `resnet50` on bottlenecks of 1×1, 3×3 and 1×1.
             * @example resnet152
             * @enum {string}
             */
            variant: "tutorial" | "resnet18" | "resnet34" | "resnet50" | "resnet101" | "resnet152";
            /**
             * Stem
             * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
             * @example small
             * @enum {string}
             */
            stem: "classic" | "small";
            /**
             * Stem kernel
             * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
             * @example 3
             * @enum {integer}
             */
            stemKernel: 3 | 5 | 7;
            /**
             * Width
             * @description Channels of the first stage. Each further stage has twice as many.
             * @example 32
             */
            width: number;
            /**
             * Blocks
             * @description Residuals of each stage: 1–6 stages with 1–36 residuals each, at most 66 in total. Default: those of the variant.
             * @example [
             *       2,
             *       2,
             *       2,
             *       2
             *     ]
             */
            blocks: number[];
            /**
             * Zero-initialized residuals
             * @description Initializes the last BatchNorm weight of each residual with 0, so that each residual begins as its shortcut (Goyal et al. 2017, arXiv:1706.02677).
             * @example true
             */
            zeroInitResidual: boolean;
            /**
             * Dropout
             * @description Share of the values before the last layer that dropout sets to 0 in training. 0: no dropout.
             * @example 0.2
             */
            dropRate: number;
        };
        DensenetOptions: {
            /**
             * Variant
             * @description `tutorial`: layers of BatchNorm, ReLU and a 3×3 convolution with a bias. The others follow torchvision: a 1×1 convolution to four times the growth precedes the 3×3 convolution, and there are no biases.
             * @example densenet201
             * @enum {string}
             */
            variant: "tutorial" | "densenet121" | "densenet161" | "densenet169" | "densenet201";
            /**
             * Stem
             * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
             * @example small
             * @enum {string}
             */
            stem: "classic" | "small";
            /**
             * Stem kernel
             * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
             * @example 3
             * @enum {integer}
             */
            stemKernel: 3 | 5 | 7;
            /**
             * Width
             * @description Channels of the stem. Default: those of the variant, which are 96 for `densenet161` and 64 for the others.
             * @example 32
             */
            width: number;
            /**
             * Growth
             * @description Channels that each layer adds. Default: those of the variant, which are 48 for `densenet161` and 32 for the others.
             * @example 16
             */
            growth: number;
            /**
             * Blocks
             * @description Layers of each dense block: 1–6 blocks with 1–64 layers each, at most 130 in total. Default: those of the variant.
             * @example [
             *       4,
             *       4,
             *       4,
             *       4
             *     ]
             */
            blocks: number[];
            /**
             * Dropout
             * @description Share of the values after the last convolution of each layer that dropout sets to 0 in training. 0: no dropout.
             * @example 0.2
             */
            dropRate: number;
        };
        NetworkVariant: {
            /** @description Value of the option `variant`. */
            name: string;
            /** @description Options of the network, with every default filled in. */
            options: components["schemas"]["ResnetOptions"] | components["schemas"]["DensenetOptions"];
            /** @description Trainable parameters for grey images and 10 classes. */
            parameters: number;
            /** @description Smallest `resize` that the network accepts with these options, in pixels. */
            minimumResize: number;
        };
        NetworkInfo: {
            /**
             * Network
             * @description Architecture to train.
             * @enum {string}
             */
            name: "resnet" | "densenet";
            title: string;
            /** @description Publication. */
            paper: string;
            /** @description Smallest `resize` that the network accepts with these options, in pixels. */
            minimumResize: number;
            /** @description Variants, the default first. */
            variants: components["schemas"]["NetworkVariant"][];
            /** @description JSON Schema of `networkOptions`. */
            options: {
                /** @constant */
                type: "object";
            } & {
                [key: string]: unknown;
            };
        };
        NetworkLayer: {
            name: string;
            /** @description Batch, channels, height and width, as PyTorch prints them. */
            outputShape: number[];
            parameters: number;
        };
        NetworkSummary: {
            /**
             * Network
             * @description Architecture to train.
             * @enum {string}
             */
            network: "resnet" | "densenet";
            /** @description Options of the network, with every default filled in. */
            networkOptions: components["schemas"]["ResnetOptions"] | components["schemas"]["DensenetOptions"];
            /** @description Batch, channels, height and width, as PyTorch prints them. */
            input: number[];
            classes: number;
            layers: components["schemas"]["NetworkLayer"][];
            /** @description Trainable parameters. */
            parameters: number;
            /** @description Running statistics: means and variances of the BatchNorm layers. */
            runningValues: number;
            /** @description Smallest number of pixels (height × width) per image at a BatchNorm layer. If it is 1, a batch of one image cannot be trained. */
            normalizedPixels: number;
            memory?: components["schemas"]["TrainingMemory"];
        };
        DatasetInfo: {
            name: string;
            /** @description Height of each image, in pixels. */
            height: number;
            /** @description Width of each image, in pixels. */
            width: number;
            /** @description 1: grey. 3: red, green, blue. */
            channels: number;
            trainSamples: number;
            testSamples: number;
            /** @description Images of the data set’s own validation split, which `dataset.validation: "own"` uses. Absent if there is none. */
            validationSamples?: number;
            /** @description Mean per channel of the pixels (0 to 1) of the whole training set. */
            mean: number[];
            /** @description Standard deviation per channel of the same pixels. */
            std: number[];
            classes: string[];
            /** @description Number of classes. Present in lists, if `classes` has only the first 256 names. */
            classCount?: number;
            /** @description Origin of the data set. Present if it was imported. */
            imported?: {
                /** Format: date-time */
                at: string;
                /** @description SHA-256 of the archive. */
                sha256: string;
                /** @description Share of each class that became test images. Absent if the archive has its own test images. */
                testShare?: number;
                /**
                 * @description Absent if it is 0.
                 * @default 0
                 */
                validationShare?: number;
                /**
                 * @description Absent if it is true.
                 * @default true
                 */
                stratified?: boolean;
                /**
                 * @description Pattern or column of the groups, if the import named one.
                 * @example ^([a-z]+\d+)-
                 */
                groups?: string;
                /**
                 * @description Absent if it is 0.
                 * @default 0
                 */
                seed?: number;
                /** @description Paths of the first manifests that name class, split or group. */
                manifests?: string[];
                /** @description Background behind transparent images and around narrow ones. Absent if it is black. */
                background?: string;
                /**
                 * @description Fit of the images. Absent if it is `contain`.
                 * @enum {string}
                 */
                fit?: "contain" | "cover" | "stretch" | "resize-crop";
                /** @description Only for `resize-crop`. */
                cropShare?: number;
                /**
                 * @description Absent if it is `managed`.
                 * @enum {string}
                 */
                decoding?: "managed" | "plain";
                /**
                 * @description Absent if it is the default of the fit: `fast` for `contain`, `bilinear` for the others.
                 * @enum {string}
                 */
                interpolation?: "fast" | "bilinear" | "bicubic";
                /** @description Absent if it is true. */
                antialias?: boolean;
                /** @description Files of the archive that are not images. Files that operating systems add do not count. */
                ignoredFiles: number;
                /**
                 * @description What the import did with images that occur in several splits. Absent if it only reported them.
                 * @enum {string}
                 */
                onLeak?: "move" | "drop";
                /** @description Unusable images that `onError=skip` left out. */
                badImages?: number;
                /** @description Files of the archive that are left out: not images, duplicates, outside the splits, or unusable. */
                leftOut?: {
                    /** @description Number of left-out files. `GET /datasets/{name}/left-out` lists all of them. */
                    files: number;
                    /** @description Groups by folder and reason, the largest first, at most 100. */
                    groups: {
                        /** @description Folder of their class, or the folder that contains them. */
                        folder: string;
                        reason: string;
                        files: number;
                        /** @description Paths of up to 3 of the files. */
                        examples: string[];
                    }[];
                };
                /** @description Sentences about suspicious names, classes or pixels. Absent if there are none. */
                warnings?: string[];
            };
        };
        DatasetPage: {
            datasets: components["schemas"]["DatasetInfo"][];
            /** @description Cursor of the next page. Absent on the last page. A page may be shorter than `limit`. */
            nextCursor?: string;
        };
        /** Address of an archive */
        DatasetSource: {
            /**
             * @description Address of the archive, `https://` in public networks unless `DOWNLOAD_NETWORKS` allows more. The service follows up to 5 redirects and continues a download that breaks off.
             * @example https://example.com/boots.tar.gz
             */
            url: string;
            /** @description SHA-256 of the file. Another file is refused. */
            sha256?: string;
        };
        DatasetDetails: {
            name: string;
            /** @description Height of each image, in pixels. */
            height: number;
            /** @description Width of each image, in pixels. */
            width: number;
            /** @description 1: grey. 3: red, green, blue. */
            channels: number;
            trainSamples: number;
            testSamples: number;
            /** @description Images of the data set’s own validation split, which `dataset.validation: "own"` uses. Absent if there is none. */
            validationSamples?: number;
            /** @description Mean per channel of the pixels (0 to 1) of the whole training set. */
            mean: number[];
            /** @description Standard deviation per channel of the same pixels. */
            std: number[];
            classes: string[];
            /** @description Number of classes. Present in lists, if `classes` has only the first 256 names. */
            classCount?: number;
            /** @description Origin of the data set. Present if it was imported. */
            imported?: {
                /** Format: date-time */
                at: string;
                /** @description SHA-256 of the archive. */
                sha256: string;
                /** @description Share of each class that became test images. Absent if the archive has its own test images. */
                testShare?: number;
                /**
                 * @description Absent if it is 0.
                 * @default 0
                 */
                validationShare?: number;
                /**
                 * @description Absent if it is true.
                 * @default true
                 */
                stratified?: boolean;
                /**
                 * @description Pattern or column of the groups, if the import named one.
                 * @example ^([a-z]+\d+)-
                 */
                groups?: string;
                /**
                 * @description Absent if it is 0.
                 * @default 0
                 */
                seed?: number;
                /** @description Paths of the first manifests that name class, split or group. */
                manifests?: string[];
                /** @description Background behind transparent images and around narrow ones. Absent if it is black. */
                background?: string;
                /**
                 * @description Fit of the images. Absent if it is `contain`.
                 * @enum {string}
                 */
                fit?: "contain" | "cover" | "stretch" | "resize-crop";
                /** @description Only for `resize-crop`. */
                cropShare?: number;
                /**
                 * @description Absent if it is `managed`.
                 * @enum {string}
                 */
                decoding?: "managed" | "plain";
                /**
                 * @description Absent if it is the default of the fit: `fast` for `contain`, `bilinear` for the others.
                 * @enum {string}
                 */
                interpolation?: "fast" | "bilinear" | "bicubic";
                /** @description Absent if it is true. */
                antialias?: boolean;
                /** @description Files of the archive that are not images. Files that operating systems add do not count. */
                ignoredFiles: number;
                /**
                 * @description What the import did with images that occur in several splits. Absent if it only reported them.
                 * @enum {string}
                 */
                onLeak?: "move" | "drop";
                /** @description Unusable images that `onError=skip` left out. */
                badImages?: number;
                /** @description Files of the archive that are left out: not images, duplicates, outside the splits, or unusable. */
                leftOut?: {
                    /** @description Number of left-out files. `GET /datasets/{name}/left-out` lists all of them. */
                    files: number;
                    /** @description Groups by folder and reason, the largest first, at most 100. */
                    groups: {
                        /** @description Folder of their class, or the folder that contains them. */
                        folder: string;
                        reason: string;
                        files: number;
                        /** @description Paths of up to 3 of the files. */
                        examples: string[];
                    }[];
                };
                /** @description Sentences about suspicious names, classes or pixels. Absent if there are none. */
                warnings?: string[];
            };
            /** @description Images of each class in each split, in the order of `classes`. Those of `synthetic` are drawn with seed 0. */
            counts: {
                train: number[];
                validation?: number[];
                test: number[];
            };
            /** @description Images with the same stored pixels, counted at the import. Absent for built-in data sets, and for data sets that an earlier version imported. */
            duplicates?: {
                /** @description Groups of images with the same pixels. */
                groups: number;
                /** @description Images in these groups. */
                images: number;
                /** @description Test images with the pixels of a training or validation image. They make the test score too good. */
                leakedTest: number;
                /** @description Validation images with the pixels of a training image. */
                leakedValidation: number;
                /** @description Groups whose images belong to different classes, so that at least one class is wrong. */
                conflicts: number;
            };
        };
        DatasetImagePage: {
            /**
             * @description Split. `validation` exists if the data set has a validation split of its own.
             * @enum {string}
             */
            split: "train" | "validation" | "test";
            /** @description Images of the split, or of the class in it. */
            total: number;
            /** @description In the order of the training. */
            images: {
                /** @description Number of the image in its split. */
                index: number;
                /** @description Name of its class. */
                class: string;
                /** @description Path of the file in the archive. Absent for built-in data sets, and for data sets that an earlier version imported. */
                path?: string;
                /** @description Path of the image as a PNG, with the version of the split in the query: its answer never changes, and browsers keep it. */
                url: string;
            }[];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        DuplicateGroup: {
            /** @description A leak may be a conflict as well. */
            kinds: ("leak" | "conflict" | "copy")[];
            /** @description Images in the group. */
            count: number;
            /** @description The first 10 of them, at least one of each split and class if there is room. */
            images: {
                /**
                 * @description Split. `validation` exists if the data set has a validation split of its own.
                 * @enum {string}
                 */
                split: "train" | "validation" | "test";
                /** @description Number of the image in its split. */
                index: number;
                /** @description Name of its class. */
                class: string;
                /** @description Path of the file in the archive. */
                path: string;
                /** @description Path of the image as a PNG, with the version of the split in the query: its answer never changes, and browsers keep it. */
                url: string;
            }[];
        };
        DuplicatePage: {
            /** @description Leaks and conflicts first, then the largest groups. */
            groups: components["schemas"]["DuplicateGroup"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        LeftOutPage: {
            /** @description Total number of left-out files. */
            files: number;
            leftOut: {
                path: string;
                /** @description Why the file is left out, as the predicate of a sentence. */
                reason: string;
            }[];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        /** @description Built-in data sets and those that an earlier version imported have only the parts that are known: counts, imbalance, and perhaps `same`. */
        DatasetReport: {
            /** @description Name of the data set. */
            name: string;
            /** @description What is wrong with the data, the most important first. */
            findings: {
                /** @enum {string} */
                code: "leaks" | "near-leaks" | "conflicts" | "near-conflicts" | "blank" | "imbalance" | "left-out" | "enlarged" | "copies" | "leaks-resolved" | "incomplete";
                /**
                 * @description `serious`: scores or training are wrong. `warning`: probably a mistake in the data. `note`: good to know.
                 * @enum {string}
                 */
                level: "serious" | "warning" | "note";
                /** @description What was found and what to do, in sentences. */
                message: string;
                /** @description Images concerned. For `conflicts`: groups of images. */
                images: number;
            }[];
            /** @description Images of each class in each split, in the order of `classes`. Those of `synthetic` are drawn with seed 0. */
            counts: {
                train: number[];
                validation?: number[];
                test: number[];
            };
            imbalance: {
                /** @description Training images of the largest class per image of the smallest. */
                ratio: number;
                largest: {
                    /** @description Name of the class. */
                    class: string;
                    /** @description Its training images. */
                    images: number;
                };
                smallest: {
                    /** @description Name of the class. */
                    class: string;
                    /** @description Its training images. */
                    images: number;
                };
            };
            /** @description Sizes of the files before they were scaled. Absent if no size is known. */
            sizes?: {
                /** @description Images whose size is known. */
                images: number;
                /** @description Width of the upright originals, in pixels: extremes and percentiles (nearest rank). */
                width: {
                    min: number;
                    p5: number;
                    p25: number;
                    median: number;
                    p75: number;
                    p95: number;
                    max: number;
                };
                /** @description Height of the upright originals, in pixels. */
                height: {
                    min: number;
                    p5: number;
                    p25: number;
                    median: number;
                    p75: number;
                    p95: number;
                    max: number;
                };
                /** @description Width divided by height of the originals. */
                aspect: {
                    min: number;
                    p5: number;
                    p25: number;
                    median: number;
                    p75: number;
                    p95: number;
                    max: number;
                };
                /** @description Images that the import enlarged, because both sides are shorter than the stored side. */
                enlarged: number;
            };
            /** @description Images that show nothing: at least 99.5 % of their pixels differ from one colour by at most 8 of 255 in each channel. Bars around the image do not count. */
            blank?: {
                /** @description Number of these images. */
                images: number;
                /** @description Among the training images. */
                train: number;
                /** @description Among the validation images. Absent without such a split. */
                validation?: number;
                /** @description Among the test images. */
                test: number;
                /** @description Number of these images that are drawn on transparency. Another `background` may show them. */
                transparent: number;
            };
            /** @description Images with the same stored pixels, counted at the import. Absent for built-in data sets, and for data sets that an earlier version imported. */
            same?: {
                /** @description Groups of images with the same pixels. */
                groups: number;
                /** @description Images in these groups. */
                images: number;
                /** @description Test images with the pixels of a training or validation image. They make the test score too good. */
                leakedTest: number;
                /** @description Validation images with the pixels of a training image. */
                leakedValidation: number;
                /** @description Groups whose images belong to different classes, so that at least one class is wrong. */
                conflicts: number;
            };
            /** @description Images that look alike without the same pixels. Their perceptual hashes (pHash, 64 bits) differ in at most 8 bits. The mean colours of their 8 × 8 cells differ by at most 5 of 255 on average. Images that show nothing are not compared. */
            near?: {
                /** @description Groups of images with the same pixels. */
                groups: number;
                /** @description Images in these groups. */
                images: number;
                /** @description Test images that nearly equal a training or validation image. Those with the same pixels as one do not count. */
                leakedTest: number;
                /** @description Validation images that nearly equal a training image. Those with the same pixels as one do not count. */
                leakedValidation: number;
                /** @description Groups whose images belong to different classes, so that at least one class is wrong. */
                conflicts: number;
                /** @description false: nearly all images resemble each other, and the search stopped before it had all pairs. */
                isComplete: boolean;
            };
            /** @description Files of the archive that are not part of the data set, as in `imported.leftOut`. */
            leftOut?: {
                /** @description Number of left-out files. */
                files: number;
                groups: {
                    /** @description Folder of their class, or the folder that contains them. */
                    folder: string;
                    reason: string;
                    files: number;
                    /** @description Paths of up to 3 of the files. */
                    examples: string[];
                }[];
            };
            /** @description What the import did with leaks. Absent unless `onLeak` was `move` or `drop`. */
            resolvedLeaks?: {
                /** @enum {string} */
                action: "move" | "drop";
                /** @description Images that were moved to another split, or left out. */
                images: number;
            };
        };
        BlankImagePage: {
            /** @description Training images first, then test images, then validation images. */
            images: {
                /**
                 * @description Split. `validation` exists if the data set has a validation split of its own.
                 * @enum {string}
                 */
                split: "train" | "validation" | "test";
                /** @description Number of the image in its split. */
                index: number;
                /** @description Name of its class. */
                class: string;
                /** @description Path of the file in the archive. */
                path: string;
                /** @description The colour of nearly all pixels. */
                colour: string;
                /** @description The file has transparent pixels. */
                transparent: boolean;
                /** @description Path of the image as a PNG, with the version of the split in the query: its answer never changes, and browsers keep it. */
                url: string;
            }[];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        ImportStatus: {
            /** Format: uuid */
            id: string;
            /** @description Name of the data set. */
            name: string;
            /**
             * @description `waiting`: the archive has arrived; another import may run first. `reading`: images are read. `succeeded`: the data set exists.
             * @enum {string}
             */
            state: "uploading" | "waiting" | "reading" | "succeeded" | "failed" | "cancelled";
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description Bytes of the archive that have arrived. */
            bytes: number;
            /** @description Bytes of the archive, if the client said so. */
            totalBytes?: number;
            images?: {
                /** @description Images read. */
                done: number;
                /** @description Images of the archive that belong to a split; at first all its files. */
                total: number;
                /** @description Files left out so far. */
                leftOut: number;
            };
            /** @description Why the import ended without a data set. Present if `state` is `failed` or `cancelled`. */
            error?: components["schemas"]["Problem"];
        };
        ImportList: {
            /** @description Newest first, at most 200. */
            imports: components["schemas"]["ImportStatus"][];
            /** @description Largest archive, in bytes: the setting MAX_DATASET_MB. */
            maxBytes: number;
        };
        TrainingMemory: {
            /** @description Parameters and running statistics. */
            parametersBytes: number;
            /** @description Optimizer slots, averages of the weights, and accumulated gradients. */
            slotsBytes: number;
            /** @description Peak memory within a step: activations, gradients and workspace. */
            activationsBytes: number;
            /** @description The process itself, the images of the data set, and copies of the weights for kernels and for saving. */
            baseBytes: number;
            /** @description Sum of the parts: peak resident memory of the trainer, accurate to about 25 %. */
            totalBytes: number;
        };
        WebhookRequest: {
            /**
             * Address
             * @description An http or https address of at most 2048 characters.
             * @example https://example.com/hooks/training
             */
            url: string;
            /**
             * Events
             * @description Types of the frames that are posted.
             * @default [
             *       "status",
             *       "end"
             *     ]
             * @example [
             *       "epoch",
             *       "end"
             *     ]
             */
            events?: ("status" | "change" | "start" | "resume" | "epoch" | "end")[];
            /**
             * Secret
             * Format: password
             * @description Key that signs the messages: `whsec_` and 24 to 64 bytes in base64, for example from `echo whsec_$(openssl rand -base64 32)`. The service neither returns nor logs it. Default: the WEBHOOK_SECRET of the service.
             */
            secret?: string;
        };
        WebhookMessage: {
            /** @description `job.` and the type of the frame, for example `job.end`. */
            type: string;
            /**
             * Format: date-time
             * @description Time at which the frame was written.
             */
            timestamp: string;
            data: components["schemas"]["Frame"];
        };
        Webhook: {
            url: string;
            /**
             * Events
             * @description Types of the frames that are posted.
             * @example [
             *       "epoch",
             *       "end"
             *     ]
             */
            events: ("status" | "change" | "start" | "resume" | "epoch" | "end")[];
        };
        WebhookDelivery: {
            /** @description Id of the delivery in the log. Can be used as `cursor`. */
            id: string;
            /**
             * Format: uuid
             * @description Id of the job.
             */
            job: string;
            /** @description The `webhook-id` header: `<job>-<seq>`, the same for every attempt. */
            messageId: string;
            /** @description Type of the message, for example `job.end`. */
            type: string;
            /** @description Address, without its query. */
            url: string;
            attempt: number;
            /** Format: date-time */
            at: string;
            milliseconds: number;
            /**
             * @description `delivered`: the receiver returned 2xx. `retrying`: the service sends the message again at `nextAttemptAt`. `failed`: it does not.
             * @enum {string}
             */
            outcome: "delivered" | "retrying" | "failed";
            /** @description HTTP status of the answer. Absent if there was none. */
            status?: number;
            /** @description Reason why the message was not delivered. */
            error?: string;
            /** Format: date-time */
            nextAttemptAt?: string;
        };
        DeliveryPage: {
            deliveries: components["schemas"]["WebhookDelivery"][];
            /** @description Cursor of the next page. Absent on the last page. */
            nextCursor?: string;
        };
        WorkerInfo: {
            /** @description Name of the machine or container. */
            host: string;
            /** @description Process id of the worker. A host can run several workers. */
            pid: number;
            /**
             * @description Device of the trainers.
             * @enum {string}
             */
            device: "cpu" | "cuda";
            /** @description Model of the CPU, or of the GPUs. */
            processor: string;
            /** @description CPU cores that the worker may use. */
            cores: number;
            /** @description Memory that one trainer may use. On a GPU: its memory. On a CPU: the lowest limit of machine, container and process, divided by `concurrency`. */
            memoryBytes: number;
            /**
             * @description Hardware that computes in bfloat16. `amx`: AMX tiles of the CPU. `avx512`: AVX-512 BF16 of an AMD CPU. `gpu`: a GPU of compute capability 8.0 or newer. `none`: no hardware support.
             * @enum {string}
             */
            bfloat16: "amx" | "gpu" | "avx512" | "none";
            /** @description Floating-point operations a second: the fastest of the latest 5 short trainings. The worker runs one when it starts, and more while it holds no job. The memory that a training moves is converted to operations. Absent if no training has succeeded. */
            operationsPerSecond?: number;
            /** @description Jobs that the worker trains at the same time. */
            concurrency: number;
            /** @description Why the worker takes no jobs now. Absent while it is fit. */
            fault?: string;
            /**
             * Format: date-time
             * @description Time of its latest sign of life, by its own clock.
             */
            seenAt: string;
        };
        PredictRequest: {
            /** @description A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded. Default: the version with the label `stable`, if there is exactly one model name; otherwise `model` is required. */
            model?: string;
            /**
             * @description Number of classes to return per image. Default 3.
             * @default 3
             */
            topK?: number;
            /**
             * @description Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false.
             * @default false
             */
            flip?: boolean;
            /**
             * @description Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false.
             * @default false
             */
            cropped?: boolean;
            /**
             * @description Whether to return the logit of each class. Default false.
             * @default false
             */
            logits?: boolean;
            /**
             * @description Whether to return where the network looks: a class activation map of each image (Zhou et al. 2016, arXiv:1512.04150). At most 64 images, fewer if the network's input is larger than 128 × 128. Default false.
             * @default false
             */
            explain?: boolean;
            /** @description With `explain`: the class whose map is returned. Default: the most probable class of each image. */
            explainClass?: string;
            /** @description PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files in base64 (a `data:` URL prefix is allowed). */
            images?: string[];
            /** @description Pixel values 0 to 255 in the model's input size, as height × width or height × width × channels. */
            instances?: unknown[];
        };
        Prediction: {
            label: string;
            /** @description Index of the class in the model's list of classes, from 0. */
            index: number;
            probability: number;
            /** @description Probability calibrated with the model's temperature: an estimate of how often such a prediction is right. Absent if no temperature was fitted. */
            calibrated?: number;
            /** @description Present if the request sets `logits`. */
            logit?: number;
        };
        ActivationMap: {
            /** @description Class that the map explains. */
            label: string;
            /** @description Index of the class in the model's list of classes, from 0. */
            index: number;
            /** @description Logit of the class: the mean of `values` plus `bias`. */
            logit: number;
            /** @description Bias of the class in the network's last layer. */
            bias: number;
            /** @description Rows of the map. */
            height: number;
            /** @description Columns of the map. */
            width: number;
            /** @description Contributions to the logit, row by row. Each belongs to a part of the image of the same relative place and size; positive ones speak for the class. */
            values: number[];
        };
        PredictResponse: {
            model: components["schemas"]["ModelReference"] | components["schemas"]["CheckpointSource"];
            /** @description Per image, the `topK` most probable classes, the most probable first. */
            predictions: components["schemas"]["Prediction"][][];
            /** @description Class activation map of each image, in float32 and before calibration. With `flip`: the mean of this map and the mirrored map of the mirrored image. Present if the request sets `explain`. */
            maps?: components["schemas"]["ActivationMap"][];
        };
        InferenceRequest: {
            /** @description Returned in the response. */
            id?: string;
            /** @description Ignored: the path selects the model. */
            model_name?: string;
            /** @description Parameters of protocol extensions: `binary_data_size`, `binary_data` and `classification`. */
            parameters?: {
                [key: string]: string | number | boolean;
            };
            /** @description One tensor named `images`. */
            inputs: {
                /** @description `images`: the only input of every model. */
                name: string;
                /** @description [images, height, width, channels]. For BYTES: [images]. */
                shape: number[];
                /** @description UINT8, or another integer type, FP32 or FP64 with integer values 0 to 255. BYTES for image files. */
                datatype: string;
                /** @description Parameters of protocol extensions: `binary_data_size`, `binary_data` and `classification`. */
                parameters?: {
                    [key: string]: string | number | boolean;
                };
                /** @description Numbers, flat or nested. For BYTES: base64 strings. Absent if the data follows the JSON in binary. */
                data?: unknown[];
            }[];
            /** @description `probabilities`, `logits` or `calibrated`. Default: all outputs of the model. */
            outputs?: {
                name: string;
                /** @description Parameters of protocol extensions: `binary_data_size`, `binary_data` and `classification`. */
                parameters?: {
                    [key: string]: string | number | boolean;
                };
            }[];
        };
        InferenceResponse: {
            model_name: string;
            model_version?: string;
            id?: string;
            outputs: {
                name: string;
                shape: number[];
                datatype: string;
                /** @description Parameters of protocol extensions: `binary_data_size`, `binary_data` and `classification`. */
                parameters?: {
                    [key: string]: string | number | boolean;
                };
                data?: (number | string)[];
            }[];
        };
        ServerMetadata: {
            name: string;
            version: string;
            extensions: string[];
        };
        ModelMetadata: {
            name: string;
            versions: string[];
            platform: string;
            inputs: {
                name: string;
                datatype: string;
                /** @description -1 stands for any number of images. */
                shape: number[];
            }[];
            outputs: {
                name: string;
                datatype: string;
                /** @description -1 stands for any number of images. */
                shape: number[];
            }[];
        };
        ModelConfig: {
            name: string;
            platform: string;
            backend: string;
            version_policy: {
                all: Record<string, never>;
            };
            /** @description Largest number of images in one request. */
            max_batch_size: number;
            input: {
                name: string;
                /** @description `TYPE_UINT8` or `TYPE_FP32`. */
                data_type: string;
                /** @description Shape of one image, without the batch dimension. */
                dims: number[];
                is_shape_tensor: boolean;
                format: string;
                allow_ragged_batch: boolean;
                optional: boolean;
            }[];
            output: {
                name: string;
                /** @description `TYPE_UINT8` or `TYPE_FP32`. */
                data_type: string;
                /** @description Shape of one image, without the batch dimension. */
                dims: number[];
                is_shape_tensor: boolean;
                label_filename: string;
            }[];
            batch_input: Record<string, never>[];
            batch_output: Record<string, never>[];
            dynamic_batching: Record<string, never>;
            instance_group: {
                name: string;
                kind: string;
                count: number;
            }[];
            default_model_filename: string;
            cc_model_filenames: Record<string, never>;
            metric_tags: Record<string, never>;
            parameters: Record<string, never>;
            model_warmup: Record<string, never>[];
        };
        RepositoryIndex: {
            name: string;
            version: string;
            state: string;
            reason: string;
        }[];
        Statistics: {
            model_stats: {
                name: string;
                version: string;
                /** @description Time of the last answered batch, in milliseconds since 1970. 0 if there was none. */
                last_inference: number;
                /** @description Number of images. */
                inference_count: number;
                /** @description Number of batches. */
                execution_count: number;
                inference_stats: {
                    /** @description Answered requests. `count`: how many. `ns`: total time in nanoseconds. */
                    success: {
                        count: number;
                        ns: number;
                    };
                    /** @description Failed requests. `count`: how many. `ns`: total time in nanoseconds. */
                    fail: {
                        count: number;
                        ns: number;
                    };
                    /** @description Requests in the queue. `count`: how many. `ns`: total time in nanoseconds. */
                    queue: {
                        count: number;
                        ns: number;
                    };
                    /** @description Batches in a predictor process. `count`: how many. `ns`: total time in nanoseconds. */
                    compute_infer: {
                        count: number;
                        ns: number;
                    };
                };
                batch_stats: {
                    batch_size: number;
                    /** @description Batches of this size. `count`: how many. `ns`: total time in nanoseconds. */
                    compute_infer: {
                        count: number;
                        ns: number;
                    };
                }[];
            }[];
        };
        ProtocolError: {
            /** @description What happened and what to do. */
            error: string;
        };
        ServingPredictRequest: {
            /** @description Must be `serving_default`, the only signature of every model. Default: `serving_default`. */
            signature_name?: string;
            /** @description One entry per image: its pixels, 0 to 255, or an image file as `{"b64": …}`. Either may be wrapped in `{"images": …}`. */
            instances?: unknown[];
            /** @description List of all images, or `{"images": list}`. */
            inputs?: unknown;
        };
        ServingPredictResponse: {
            predictions?: {
                probabilities: number[];
                logits: number[];
                /** @description Probabilities calibrated with the model's temperature. Absent if no temperature was fitted. */
                calibrated?: number[];
            }[];
            outputs?: {
                probabilities: number[][];
                logits: number[][];
                /** @description Probabilities calibrated with the model's temperature. Absent if no temperature was fitted. */
                calibrated?: number[][];
            };
        };
        ServingClassifyRequest: {
            /** @description Must be `serving_default`, the only signature of every model. Default: `serving_default`. */
            signature_name?: string;
            context?: Record<string, never>;
            /** @description One entry per image: `{"images": pixels}` or `{"images": {"b64": …}}`. The fields of `context` are added to each entry. */
            examples: Record<string, never>[];
        };
        ServingClassifyResponse: {
            /** @description Per image, `[label, probability]` of all classes, the most probable first. */
            results: (string | number)[][][];
        };
        ServingStatus: {
            model_version_status: {
                version: string;
                /** @description `AVAILABLE`: the model can predict; its first request loads it. `END`: the service refuses the model, and `status` says why. */
                state: string;
                status: {
                    error_code: string;
                    error_message: string;
                };
            }[];
        };
        ServingMetadata: {
            model_spec: {
                name: string;
                signature_name: string;
                version: string;
            };
            metadata: {
                signature_def: {
                    signature_def: {
                        serving_default: {
                            inputs: {
                                [key: string]: {
                                    dtype: string;
                                    tensor_shape: {
                                        dim: {
                                            size: string;
                                            name: string;
                                        }[];
                                        unknown_rank: boolean;
                                    };
                                    name: string;
                                };
                            };
                            outputs: {
                                [key: string]: {
                                    dtype: string;
                                    tensor_shape: {
                                        dim: {
                                            size: string;
                                            name: string;
                                        }[];
                                        unknown_rank: boolean;
                                    };
                                    name: string;
                                };
                            };
                            method_name: string;
                            defaults: Record<string, never>;
                        };
                    };
                };
            };
        };
        /** ResnetJobRequest */
        ResnetJobRequest: {
            /**
             * @description Architecture to train. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            network: "resnet";
            /**
             * Network options
             * @description Options of resnet. Default: the tutorial’s network.
             */
            networkOptions?: {
                /**
                 * Variant
                 * @description `tutorial`: residuals of two 3×3 convolutions with biases, and a 1×1 shortcut without BatchNorm. The others follow torchvision: convolutions without biases, BatchNorm on the shortcut, and from `resnet50` on bottlenecks of 1×1, 3×3 and 1×1.
                 * @default tutorial
                 * @example resnet152
                 * @enum {string}
                 */
                variant?: "tutorial" | "resnet18" | "resnet34" | "resnet50" | "resnet101" | "resnet152";
                /**
                 * Stem
                 * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
                 * @default classic
                 * @example small
                 * @enum {string}
                 */
                stem?: "classic" | "small";
                /**
                 * Stem kernel
                 * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
                 * @example 3
                 * @enum {integer}
                 */
                stemKernel?: 3 | 5 | 7;
                /**
                 * Width
                 * @description Channels of the first stage. Each further stage has twice as many.
                 * @default 64
                 * @example 32
                 */
                width?: number;
                /**
                 * Blocks
                 * @description Residuals of each stage: 1–6 stages with 1–36 residuals each, at most 66 in total. Default: those of the variant.
                 * @example [
                 *       2,
                 *       2,
                 *       2,
                 *       2
                 *     ]
                 */
                blocks?: number[];
                /**
                 * Zero-initialized residuals
                 * @description Initializes the last BatchNorm weight of each residual with 0, so that each residual begins as its shortcut (Goyal et al. 2017, arXiv:1706.02677).
                 * @default false
                 * @example true
                 */
                zeroInitResidual?: boolean;
                /**
                 * Dropout
                 * @description Share of the values before the last layer that dropout sets to 0 in training. 0: no dropout.
                 * @default 0
                 * @example 0.2
                 */
                dropRate?: number;
            };
            /**
             * Model name
             * @description Name of the model that the job saves. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. Default: the data set and the network, as `fashion-mnist-resnet`.
             * @example boots
             */
            name?: string;
            /**
             * Data set
             * @description Images to train and test on: an object, or the name alone.
             * @example {
             *       "name": "fashion-mnist",
             *       "resize": 28,
             *       "validationSamples": 5000
             *     }
             * @example boots
             */
            dataset?: {
                /**
                 * Data set name
                 * @description Data set to train on, one of `GET /datasets`: `fashion-mnist`, an imported data set, or `synthetic`, whose images are generated from the seed and need no files.
                 * @default fashion-mnist
                 * @example fashion-mnist
                 */
                name?: string;
                /**
                 * Input side
                 * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres. Default: 96 for built-in data sets, the side of the stored images for imported ones.
                 * @example 28
                 * @example 96
                 */
                resize?: number;
                /**
                 * Training images
                 * @description Number of training images: the first N of the training set. Default: all.
                 * @example 10000
                 */
                trainSamples?: number;
                /**
                 * Test images
                 * @description Number of test images: the first N of the test set. Default: all.
                 * @example 2000
                 */
                testSamples?: number;
                /**
                 * Validation images
                 * @description Number of validation images. They are scored after each epoch and never trained on. Early stopping and the best epoch use their score, never that of the test images. The seed draws them from the training images; with `validation: "own"` they are the first N of the data set’s validation split. Default: 0; with `validation: "own"` the whole split.
                 * @example 5000
                 */
                validationSamples?: number;
                /**
                 * Validation split
                 * @description `own`: use the data set’s own validation split, and train on all training images. `drawn`: draw the validation images from the training images. Default: `own` if the data set has such a split and `validationSamples` is absent, otherwise `drawn`.
                 * @example drawn
                 * @enum {string}
                 */
                validation?: "own" | "drawn";
                /**
                 * Stratified validation
                 * @description true: each class gives its share of the drawn validation images. false: all training images are drawn alike, as in earlier versions. Default: true. No effect on a validation split of the data set’s own.
                 */
                stratified?: boolean;
            } | string;
            /**
             * Early stopping
             * @description Stops the run before its last epoch if the score on the validation split (`dataset.validationSamples`) no longer improves. The model then has the weights of the best epoch. Never uses the test images. null: no early stopping.
             * @default null
             * @example {
             *       "metric": "validationLoss",
             *       "patience": 3
             *     }
             */
            earlyStopping?: {
                /**
                 * Metric
                 * @description Score on the validation split that early stopping watches and that chooses the best epoch. Macro-F1 and balanced accuracy are means over the classes, whatever the number of their images.
                 * @default validationLoss
                 * @example validationAccuracy
                 * @enum {string}
                 */
                metric?: "validationLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy";
                /**
                 * Mode
                 * @description Direction in which the score improves. Must be `min` for the loss and `max` for the other metrics, which is the default.
                 * @example min
                 * @enum {string}
                 */
                mode?: "min" | "max";
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @default 5
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Minimum change
                 * @description A score counts as an improvement only if it is better by more than this.
                 * @default 0
                 * @example 0.001
                 */
                minDelta?: number;
            } | null;
            /**
             * Optimizer
             * @description Optimizer: an object with its options, or its name alone. Default: Adam.
             * @example {
             *       "name": "sgd",
             *       "learningRate": 0.1,
             *       "momentum": 0.9
             *     }
             * @example sgd
             */
            optimizer?: components["schemas"]["OptimizerRequest"] | ("adam" | "adamw" | "sgd");
            /**
             * Schedule
             * @description Learning rate schedule: an object with its options, or its name alone. Default: a constant learning rate.
             * @example {
             *       "name": "cosine",
             *       "warmupEpochs": 1
             *     }
             * @example cosine
             */
            schedule?: components["schemas"]["ScheduleRequest"] | ("constant" | "step" | "cosine" | "one-cycle");
            /**
             * Augmentation
             * @description Random changes to the training images: an object, or the name of a preset: `"photos"` means `{"name": "photos"}`. Evaluation and predictions use the images unchanged.
             * @example {
             *       "crop": 2,
             *       "flip": true
             *     }
             * @example photos
             */
            augmentation?: {
                /**
                 * Preset
                 * @description `photos`: the augmentation of torchvision’s reference training of ResNets: `randomResizedCrop`, `flip`, `trivialAugmentWide`, `erasing` 0.1, `mixup` 0.2 and `cutmix` 1. `labelSmoothing` is then 0.1 by default. Other fields of the augmentation replace those of the preset.
                 * @enum {string}
                 */
                name?: "photos";
                /**
                 * Random crop
                 * @description Black pixels added on every side of an image, in pixels of the data set, before it is cut back to its size at a random place. 0: no crop.
                 * @default 0
                 * @example 2
                 */
                crop?: number;
                /**
                 * Random mirror
                 * @description Mirrors half of the images left to right.
                 * @default false
                 * @example true
                 */
                flip?: boolean;
                /**
                 * Random erasing
                 * @description Share of the images in which a random rectangle of 2 to 33 % of the area is set to 0 (Zhong et al. 2017, arXiv:1708.04896).
                 * @default 0
                 * @example 0.25
                 */
                erasing?: number;
                /**
                 * Cutout
                 * @description Side of a square at a random centre that is set to 0, in pixels of the data set (DeVries & Taylor 2017, arXiv:1708.04552). 0: no cutout.
                 * @default 0
                 * @example 8
                 */
                cutout?: number;
                /**
                 * Mixup
                 * @description Alpha of Beta(alpha, alpha), from which each step draws the share by which it mixes pairs of images (Zhang et al. 2017, arXiv:1710.09412). 0: no mixup.
                 * @default 0
                 * @example 0.2
                 */
                mixup?: number;
                /**
                 * Random vertical mirror
                 * @description Mirrors half of the images top to bottom.
                 * @default false
                 * @example true
                 */
                verticalFlip?: boolean;
                /**
                 * CutMix
                 * @description Alpha of Beta(alpha, alpha), from which each step draws the size of a box that pairs of images exchange (Yun et al. 2019, arXiv:1905.04899). With a `mixup` above 0, half of the steps do one and half the other. 0: no CutMix.
                 * @default 0
                 * @example 1
                 */
                cutmix?: number;
                /**
                 * TrivialAugmentWide
                 * @description Changes each image by one of 14 operations at one of 31 strengths, all equally likely, as torchvision’s TrivialAugmentWide (Müller & Hutter 2021, arXiv:2103.10158). Excludes `randAugment`.
                 * @default false
                 * @example true
                 */
                trivialAugmentWide?: boolean;
                /**
                 * Random resized crop
                 * @description Cuts a random part out of each image and resizes it to the network’s input, as torchvision’s RandomResizedCrop with antialiasing (Szegedy et al. 2014, arXiv:1409.4842). Excludes `crop`. null: none.
                 * @default null
                 * @example {}
                 */
                randomResizedCrop?: {
                    /**
                     * Share of the area
                     * @description Minimum and maximum share of the image’s area.
                     * @default [
                     *       0.08,
                     *       1
                     *     ]
                     * @example [
                     *       0.08,
                     *       1
                     *     ]
                     */
                    scale?: number[];
                    /**
                     * Ratio of the sides
                     * @description Minimum and maximum width / height of the part.
                     * @default [
                     *       0.75,
                     *       1.3333333333333333
                     *     ]
                     * @example [
                     *       0.75,
                     *       1.3333
                     *     ]
                     */
                    ratio?: number[];
                } | null;
                /**
                 * Random affine map
                 * @description Rotates, moves, scales and shears each image at random, bilinearly, black outside, as torchvision’s RandomAffine. null: none.
                 * @default null
                 * @example {}
                 */
                affine?: {
                    /**
                     * Largest rotation
                     * @description Largest rotation to either side.
                     * @default 0
                     * @example 15
                     */
                    degrees?: number;
                    /**
                     * Largest translation
                     * @description Largest translation to the side, and up or down, as a share of the image’s side.
                     * @default [
                     *       0,
                     *       0
                     *     ]
                     * @example [
                     *       0.1,
                     *       0.1
                     *     ]
                     */
                    translate?: number[];
                    /**
                     * Scale
                     * @description Minimum and maximum factor on the size.
                     * @default [
                     *       1,
                     *       1
                     *     ]
                     * @example [
                     *       0.8,
                     *       1.2
                     *     ]
                     */
                    scale?: number[];
                    /**
                     * Largest shear
                     * @description Largest shear along the rows, and along the columns.
                     * @default [
                     *       0,
                     *       0
                     *     ]
                     * @example [
                     *       10,
                     *       0
                     *     ]
                     */
                    shear?: number[];
                } | null;
                /**
                 * Colour jitter
                 * @description Changes brightness, contrast, saturation and hue of each image at random, in a random order, as torchvision’s ColorJitter. null: none.
                 * @default null
                 * @example {}
                 */
                colorJitter?: {
                    /**
                     * Brightness
                     * @description Changes the brightness by a factor between 1 − x and 1 + x, at least 0.
                     * @default 0
                     * @example 0.4
                     */
                    brightness?: number;
                    /**
                     * Contrast
                     * @description Changes the contrast by a factor between 1 − x and 1 + x, at least 0.
                     * @default 0
                     * @example 0.4
                     */
                    contrast?: number;
                    /**
                     * Saturation
                     * @description Changes the saturation of colour images by a factor between 1 − x and 1 + x, at least 0.
                     * @default 0
                     * @example 0.4
                     */
                    saturation?: number;
                    /**
                     * Hue
                     * @description Shifts the hue of colour images by up to this share of the colour circle, to either side.
                     * @default 0
                     * @example 0.1
                     */
                    hue?: number;
                } | null;
                /**
                 * RandAugment
                 * @description Changes each image by several of 14 operations at one strength, as torchvision’s RandAugment (Cubuk et al. 2019, arXiv:1909.13719). Excludes `trivialAugmentWide`. null: none.
                 * @default null
                 * @example {}
                 */
                randAugment?: {
                    /**
                     * Operations
                     * @description Number of operations that each image goes through.
                     * @default 2
                     * @example 2
                     */
                    operations?: number;
                    /**
                     * Magnitude
                     * @description Strength of all operations.
                     * @default 9
                     * @example 9
                     */
                    magnitude?: number;
                } | null;
            } | "photos";
            /**
             * Batch size
             * @description Images per step. The last batch of an epoch may be smaller.
             * @default 256
             * @example 128
             */
            batchSize?: number;
            /**
             * Micro batch size
             * @description Images in memory at once. Must divide `batchSize`. A step accumulates the gradients of `batchSize / microBatchSize` micro batches. The update equals that of the whole batch, except that BatchNorm, dropout and augmentation act on each micro batch separately. Default: `batchSize`.
             * @example 32
             */
            microBatchSize?: number;
            /**
             * Label smoothing
             * @description Share of each label that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
             * @default 0
             * @example 0.1
             */
            labelSmoothing?: number;
            /**
             * Gradient clipping
             * @description Largest L2 norm of all gradients together. Larger gradients are scaled down. null: no limit.
             * @default null
             * @example 1
             */
            gradientClipNorm?: number | null;
            /**
             * EMA decay
             * @description Decay per step of an exponential moving average of the weights, at step t at most (1 + t) / (10 + t). The averages are scored and saved instead of the weights. null: no average.
             * @default null
             * @example 0.999
             */
            emaDecay?: number | null;
            /**
             * Epochs
             * @description Passes over the training images.
             * @default 5
             * @example 5
             * @example 30
             */
            epochs?: number;
            /**
             * Time limit
             * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
             * @default null
             * @example 3600
             */
            maxSeconds?: number | null;
            /**
             * Seed
             * @description Seed of all random numbers, such as initial weights and the order of images. The same seed gives the same weights.
             * @default 0
             * @example 42
             */
            seed?: number;
            /**
             * Step interval
             * @description Steps between two `step` frames. The last step of an epoch always has one.
             * @default 10
             * @example 50
             */
            stepInterval?: number;
            /**
             * Frozen layers
             * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
             * @default null
             * @example backbone
             * @example layer3
             */
            freeze?: string | null;
            /**
             * Rate of the head
             * @description Factor on the learning rate of the head, the last layer.
             * @default 1
             * @example 10
             */
            headRate?: number;
            /**
             * Decay per stage
             * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
             * @default 1
             * @example 0.5
             */
            layerDecay?: number;
            /**
             * BatchNorm
             * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
             * @default trained
             * @example frozen
             * @enum {string}
             */
            batchNorm?: "trained" | "frozen";
            /**
             * Phases
             * @description Parts of the run, one after the other, each with its own layers, learning rates and schedule. Each begins with an empty optimizer; weights, BatchNorm’s running statistics and averages carry over. `epochs` of the job is their sum. Default: the whole run is one phase.
             * @example [
             *       {
             *         "epochs": 1,
             *         "freeze": "backbone"
             *       },
             *       {
             *         "epochs": 4,
             *         "learningRate": 0.0005,
             *         "layerDecay": 0.5
             *       }
             *     ]
             */
            phases?: {
                /**
                 * Epochs
                 * @description Passes over the training images in this phase.
                 * @example 5
                 * @example 30
                 */
                epochs: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Input side
                 * @description Side of the images that this phase trains on. Scores use `dataset.resize`, the side at which the model predicts.
                 * @example 128
                 */
                resize?: number;
                /**
                 * Frozen layers
                 * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
                 * @example backbone
                 * @example layer3
                 */
                freeze?: string | null;
                /**
                 * Rate of the head
                 * @description Factor on the learning rate of the head, the last layer.
                 * @example 10
                 */
                headRate?: number;
                /**
                 * Decay per stage
                 * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
                 * @example 0.5
                 */
                layerDecay?: number;
                /**
                 * BatchNorm
                 * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
                 * @example frozen
                 * @enum {string}
                 */
                batchNorm?: "trained" | "frozen";
                /**
                 * Schedule
                 * @description Learning rate schedule, which spans this phase alone. Absent options have the defaults of the schedule.
                 * @example cosine
                 */
                schedule?: components["schemas"]["ScheduleOverride"] | ("constant" | "step" | "cosine" | "one-cycle");
            }[];
            /** @default none */
            normalization?: components["schemas"]["NormalizationSpec"];
            /**
             * Precision
             * @description Number format of the forward and backward pass. Weights and BatchNorm statistics are float32 in both. `auto`: bfloat16 if every live worker is faster in it (a CPU with AMX, an AMD CPU with AVX-512 BF16, or a GPU of compute capability 8.0 or newer), otherwise float32.
             * @default float32
             * @example auto
             * @enum {string}
             */
            precision?: "float32" | "bfloat16" | "auto";
            /**
             * Class weights
             * @description Factors on the training loss of the images of each class, in the order of the data set’s classes. `balanced`: n / (k · nᵢ) for the nᵢ of n training images in class i of k classes, as scikit-learn’s `class_weight="balanced"`. The loss of a batch is the mean over its images. Validation and test losses have no weights. null: none.
             * @default null
             * @example balanced
             * @example [
             *       1,
             *       4.5
             *     ]
             */
            classWeights?: "balanced" | number[] | null;
            /**
             * Sampler
             * @description Training images of an epoch. `shuffled`: each once. `balanced`: as many draws with replacement, in which each class is equally likely.
             * @default shuffled
             * @example balanced
             * @enum {string}
             */
            sampler?: "shuffled" | "balanced";
            /**
             * Priority
             * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
             * @default 0
             * @example 10
             */
            priority?: number;
            metadata?: components["schemas"]["Metadata"];
            /**
             * Notes
             * @description Free text about the job, up to 4,000 characters. Default: none.
             * @example Second try, with cutout.
             */
            notes?: string;
            /**
             * Planned changes
             * @description Live changes that the job applies at given steps, in ascending order. The `changes` and the spec of a model train the same weights again, bit by bit. Default: none.
             * @example [
             *       {
             *         "step": 1000,
             *         "to": {
             *           "learningRate": 0.01
             *         }
             *       }
             *     ]
             */
            changes?: {
                /** @description Number of the change in the model it is copied from. Ignored. */
                number?: number;
                /**
                 * Step
                 * @description Steps of the whole run after which the change takes effect.
                 * @example 1000
                 */
                step: number;
                /** @description Values before the change. Ignored. */
                from?: {
                    /**
                     * Learning rate
                     * @description Step size of the optimizer. With a schedule, its highest value.
                     * @example 0.001
                     * @example 0.1
                     */
                    learningRate?: number;
                    /**
                     * Epochs
                     * @description Passes over the training images.
                     * @example 5
                     * @example 30
                     */
                    epochs?: number;
                    /**
                     * Patience
                     * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                     * @example 5
                     */
                    patience?: number | null;
                    /**
                     * Time limit
                     * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                     * @example 3600
                     */
                    maxSeconds?: number | null;
                };
                /** @description New values. */
                to: {
                    /**
                     * Learning rate
                     * @description Step size of the optimizer. With a schedule, its highest value.
                     * @example 0.001
                     * @example 0.1
                     */
                    learningRate?: number;
                    /**
                     * Epochs
                     * @description Passes over the training images.
                     * @example 5
                     * @example 30
                     */
                    epochs?: number;
                    /**
                     * Patience
                     * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                     * @example 5
                     */
                    patience?: number | null;
                    /**
                     * Time limit
                     * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                     * @example 3600
                     */
                    maxSeconds?: number | null;
                };
            }[];
            /**
             * Webhooks
             * @description Addresses that receive frames of the job, signed as Standard Webhooks (standardwebhooks.com) specifies. At most 5. Default: none.
             * @example [
             *       {
             *         "url": "https://example.com/hooks/training",
             *         "events": [
             *           "end"
             *         ]
             *       }
             *     ]
             */
            webhooks?: components["schemas"]["WebhookRequest"][];
        };
        /** DensenetJobRequest */
        DensenetJobRequest: {
            /**
             * @description Architecture to train. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            network: "densenet";
            /**
             * Network options
             * @description Options of densenet. Default: the tutorial’s network.
             */
            networkOptions?: {
                /**
                 * Variant
                 * @description `tutorial`: layers of BatchNorm, ReLU and a 3×3 convolution with a bias. The others follow torchvision: a 1×1 convolution to four times the growth precedes the 3×3 convolution, and there are no biases.
                 * @default tutorial
                 * @example densenet201
                 * @enum {string}
                 */
                variant?: "tutorial" | "densenet121" | "densenet161" | "densenet169" | "densenet201";
                /**
                 * Stem
                 * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
                 * @default classic
                 * @example small
                 * @enum {string}
                 */
                stem?: "classic" | "small";
                /**
                 * Stem kernel
                 * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
                 * @example 3
                 * @enum {integer}
                 */
                stemKernel?: 3 | 5 | 7;
                /**
                 * Width
                 * @description Channels of the stem. Default: those of the variant, which are 96 for `densenet161` and 64 for the others.
                 * @example 32
                 */
                width?: number;
                /**
                 * Growth
                 * @description Channels that each layer adds. Default: those of the variant, which are 48 for `densenet161` and 32 for the others.
                 * @example 16
                 */
                growth?: number;
                /**
                 * Blocks
                 * @description Layers of each dense block: 1–6 blocks with 1–64 layers each, at most 130 in total. Default: those of the variant.
                 * @example [
                 *       4,
                 *       4,
                 *       4,
                 *       4
                 *     ]
                 */
                blocks?: number[];
                /**
                 * Dropout
                 * @description Share of the values after the last convolution of each layer that dropout sets to 0 in training. 0: no dropout.
                 * @default 0
                 * @example 0.2
                 */
                dropRate?: number;
            };
            /**
             * Model name
             * @description Name of the model that the job saves. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. Default: the data set and the network, as `fashion-mnist-resnet`.
             * @example boots
             */
            name?: string;
            /**
             * Data set
             * @description Images to train and test on: an object, or the name alone.
             * @example {
             *       "name": "fashion-mnist",
             *       "resize": 28,
             *       "validationSamples": 5000
             *     }
             * @example boots
             */
            dataset?: {
                /**
                 * Data set name
                 * @description Data set to train on, one of `GET /datasets`: `fashion-mnist`, an imported data set, or `synthetic`, whose images are generated from the seed and need no files.
                 * @default fashion-mnist
                 * @example fashion-mnist
                 */
                name?: string;
                /**
                 * Input side
                 * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres. Default: 96 for built-in data sets, the side of the stored images for imported ones.
                 * @example 28
                 * @example 96
                 */
                resize?: number;
                /**
                 * Training images
                 * @description Number of training images: the first N of the training set. Default: all.
                 * @example 10000
                 */
                trainSamples?: number;
                /**
                 * Test images
                 * @description Number of test images: the first N of the test set. Default: all.
                 * @example 2000
                 */
                testSamples?: number;
                /**
                 * Validation images
                 * @description Number of validation images. They are scored after each epoch and never trained on. Early stopping and the best epoch use their score, never that of the test images. The seed draws them from the training images; with `validation: "own"` they are the first N of the data set’s validation split. Default: 0; with `validation: "own"` the whole split.
                 * @example 5000
                 */
                validationSamples?: number;
                /**
                 * Validation split
                 * @description `own`: use the data set’s own validation split, and train on all training images. `drawn`: draw the validation images from the training images. Default: `own` if the data set has such a split and `validationSamples` is absent, otherwise `drawn`.
                 * @example drawn
                 * @enum {string}
                 */
                validation?: "own" | "drawn";
                /**
                 * Stratified validation
                 * @description true: each class gives its share of the drawn validation images. false: all training images are drawn alike, as in earlier versions. Default: true. No effect on a validation split of the data set’s own.
                 */
                stratified?: boolean;
            } | string;
            /**
             * Early stopping
             * @description Stops the run before its last epoch if the score on the validation split (`dataset.validationSamples`) no longer improves. The model then has the weights of the best epoch. Never uses the test images. null: no early stopping.
             * @default null
             * @example {
             *       "metric": "validationLoss",
             *       "patience": 3
             *     }
             */
            earlyStopping?: {
                /**
                 * Metric
                 * @description Score on the validation split that early stopping watches and that chooses the best epoch. Macro-F1 and balanced accuracy are means over the classes, whatever the number of their images.
                 * @default validationLoss
                 * @example validationAccuracy
                 * @enum {string}
                 */
                metric?: "validationLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy";
                /**
                 * Mode
                 * @description Direction in which the score improves. Must be `min` for the loss and `max` for the other metrics, which is the default.
                 * @example min
                 * @enum {string}
                 */
                mode?: "min" | "max";
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @default 5
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Minimum change
                 * @description A score counts as an improvement only if it is better by more than this.
                 * @default 0
                 * @example 0.001
                 */
                minDelta?: number;
            } | null;
            /**
             * Optimizer
             * @description Optimizer: an object with its options, or its name alone. Default: Adam.
             * @example {
             *       "name": "sgd",
             *       "learningRate": 0.1,
             *       "momentum": 0.9
             *     }
             * @example sgd
             */
            optimizer?: components["schemas"]["OptimizerRequest"] | ("adam" | "adamw" | "sgd");
            /**
             * Schedule
             * @description Learning rate schedule: an object with its options, or its name alone. Default: a constant learning rate.
             * @example {
             *       "name": "cosine",
             *       "warmupEpochs": 1
             *     }
             * @example cosine
             */
            schedule?: components["schemas"]["ScheduleRequest"] | ("constant" | "step" | "cosine" | "one-cycle");
            /**
             * Augmentation
             * @description Random changes to the training images: an object, or the name of a preset: `"photos"` means `{"name": "photos"}`. Evaluation and predictions use the images unchanged.
             * @example {
             *       "crop": 2,
             *       "flip": true
             *     }
             * @example photos
             */
            augmentation?: {
                /**
                 * Preset
                 * @description `photos`: the augmentation of torchvision’s reference training of ResNets: `randomResizedCrop`, `flip`, `trivialAugmentWide`, `erasing` 0.1, `mixup` 0.2 and `cutmix` 1. `labelSmoothing` is then 0.1 by default. Other fields of the augmentation replace those of the preset.
                 * @enum {string}
                 */
                name?: "photos";
                /**
                 * Random crop
                 * @description Black pixels added on every side of an image, in pixels of the data set, before it is cut back to its size at a random place. 0: no crop.
                 * @default 0
                 * @example 2
                 */
                crop?: number;
                /**
                 * Random mirror
                 * @description Mirrors half of the images left to right.
                 * @default false
                 * @example true
                 */
                flip?: boolean;
                /**
                 * Random erasing
                 * @description Share of the images in which a random rectangle of 2 to 33 % of the area is set to 0 (Zhong et al. 2017, arXiv:1708.04896).
                 * @default 0
                 * @example 0.25
                 */
                erasing?: number;
                /**
                 * Cutout
                 * @description Side of a square at a random centre that is set to 0, in pixels of the data set (DeVries & Taylor 2017, arXiv:1708.04552). 0: no cutout.
                 * @default 0
                 * @example 8
                 */
                cutout?: number;
                /**
                 * Mixup
                 * @description Alpha of Beta(alpha, alpha), from which each step draws the share by which it mixes pairs of images (Zhang et al. 2017, arXiv:1710.09412). 0: no mixup.
                 * @default 0
                 * @example 0.2
                 */
                mixup?: number;
                /**
                 * Random vertical mirror
                 * @description Mirrors half of the images top to bottom.
                 * @default false
                 * @example true
                 */
                verticalFlip?: boolean;
                /**
                 * CutMix
                 * @description Alpha of Beta(alpha, alpha), from which each step draws the size of a box that pairs of images exchange (Yun et al. 2019, arXiv:1905.04899). With a `mixup` above 0, half of the steps do one and half the other. 0: no CutMix.
                 * @default 0
                 * @example 1
                 */
                cutmix?: number;
                /**
                 * TrivialAugmentWide
                 * @description Changes each image by one of 14 operations at one of 31 strengths, all equally likely, as torchvision’s TrivialAugmentWide (Müller & Hutter 2021, arXiv:2103.10158). Excludes `randAugment`.
                 * @default false
                 * @example true
                 */
                trivialAugmentWide?: boolean;
                /**
                 * Random resized crop
                 * @description Cuts a random part out of each image and resizes it to the network’s input, as torchvision’s RandomResizedCrop with antialiasing (Szegedy et al. 2014, arXiv:1409.4842). Excludes `crop`. null: none.
                 * @default null
                 * @example {}
                 */
                randomResizedCrop?: {
                    /**
                     * Share of the area
                     * @description Minimum and maximum share of the image’s area.
                     * @default [
                     *       0.08,
                     *       1
                     *     ]
                     * @example [
                     *       0.08,
                     *       1
                     *     ]
                     */
                    scale?: number[];
                    /**
                     * Ratio of the sides
                     * @description Minimum and maximum width / height of the part.
                     * @default [
                     *       0.75,
                     *       1.3333333333333333
                     *     ]
                     * @example [
                     *       0.75,
                     *       1.3333
                     *     ]
                     */
                    ratio?: number[];
                } | null;
                /**
                 * Random affine map
                 * @description Rotates, moves, scales and shears each image at random, bilinearly, black outside, as torchvision’s RandomAffine. null: none.
                 * @default null
                 * @example {}
                 */
                affine?: {
                    /**
                     * Largest rotation
                     * @description Largest rotation to either side.
                     * @default 0
                     * @example 15
                     */
                    degrees?: number;
                    /**
                     * Largest translation
                     * @description Largest translation to the side, and up or down, as a share of the image’s side.
                     * @default [
                     *       0,
                     *       0
                     *     ]
                     * @example [
                     *       0.1,
                     *       0.1
                     *     ]
                     */
                    translate?: number[];
                    /**
                     * Scale
                     * @description Minimum and maximum factor on the size.
                     * @default [
                     *       1,
                     *       1
                     *     ]
                     * @example [
                     *       0.8,
                     *       1.2
                     *     ]
                     */
                    scale?: number[];
                    /**
                     * Largest shear
                     * @description Largest shear along the rows, and along the columns.
                     * @default [
                     *       0,
                     *       0
                     *     ]
                     * @example [
                     *       10,
                     *       0
                     *     ]
                     */
                    shear?: number[];
                } | null;
                /**
                 * Colour jitter
                 * @description Changes brightness, contrast, saturation and hue of each image at random, in a random order, as torchvision’s ColorJitter. null: none.
                 * @default null
                 * @example {}
                 */
                colorJitter?: {
                    /**
                     * Brightness
                     * @description Changes the brightness by a factor between 1 − x and 1 + x, at least 0.
                     * @default 0
                     * @example 0.4
                     */
                    brightness?: number;
                    /**
                     * Contrast
                     * @description Changes the contrast by a factor between 1 − x and 1 + x, at least 0.
                     * @default 0
                     * @example 0.4
                     */
                    contrast?: number;
                    /**
                     * Saturation
                     * @description Changes the saturation of colour images by a factor between 1 − x and 1 + x, at least 0.
                     * @default 0
                     * @example 0.4
                     */
                    saturation?: number;
                    /**
                     * Hue
                     * @description Shifts the hue of colour images by up to this share of the colour circle, to either side.
                     * @default 0
                     * @example 0.1
                     */
                    hue?: number;
                } | null;
                /**
                 * RandAugment
                 * @description Changes each image by several of 14 operations at one strength, as torchvision’s RandAugment (Cubuk et al. 2019, arXiv:1909.13719). Excludes `trivialAugmentWide`. null: none.
                 * @default null
                 * @example {}
                 */
                randAugment?: {
                    /**
                     * Operations
                     * @description Number of operations that each image goes through.
                     * @default 2
                     * @example 2
                     */
                    operations?: number;
                    /**
                     * Magnitude
                     * @description Strength of all operations.
                     * @default 9
                     * @example 9
                     */
                    magnitude?: number;
                } | null;
            } | "photos";
            /**
             * Batch size
             * @description Images per step. The last batch of an epoch may be smaller.
             * @default 256
             * @example 128
             */
            batchSize?: number;
            /**
             * Micro batch size
             * @description Images in memory at once. Must divide `batchSize`. A step accumulates the gradients of `batchSize / microBatchSize` micro batches. The update equals that of the whole batch, except that BatchNorm, dropout and augmentation act on each micro batch separately. Default: `batchSize`.
             * @example 32
             */
            microBatchSize?: number;
            /**
             * Label smoothing
             * @description Share of each label that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
             * @default 0
             * @example 0.1
             */
            labelSmoothing?: number;
            /**
             * Gradient clipping
             * @description Largest L2 norm of all gradients together. Larger gradients are scaled down. null: no limit.
             * @default null
             * @example 1
             */
            gradientClipNorm?: number | null;
            /**
             * EMA decay
             * @description Decay per step of an exponential moving average of the weights, at step t at most (1 + t) / (10 + t). The averages are scored and saved instead of the weights. null: no average.
             * @default null
             * @example 0.999
             */
            emaDecay?: number | null;
            /**
             * Epochs
             * @description Passes over the training images.
             * @default 5
             * @example 5
             * @example 30
             */
            epochs?: number;
            /**
             * Time limit
             * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
             * @default null
             * @example 3600
             */
            maxSeconds?: number | null;
            /**
             * Seed
             * @description Seed of all random numbers, such as initial weights and the order of images. The same seed gives the same weights.
             * @default 0
             * @example 42
             */
            seed?: number;
            /**
             * Step interval
             * @description Steps between two `step` frames. The last step of an epoch always has one.
             * @default 10
             * @example 50
             */
            stepInterval?: number;
            /**
             * Frozen layers
             * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
             * @default null
             * @example backbone
             * @example layer3
             */
            freeze?: string | null;
            /**
             * Rate of the head
             * @description Factor on the learning rate of the head, the last layer.
             * @default 1
             * @example 10
             */
            headRate?: number;
            /**
             * Decay per stage
             * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
             * @default 1
             * @example 0.5
             */
            layerDecay?: number;
            /**
             * BatchNorm
             * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
             * @default trained
             * @example frozen
             * @enum {string}
             */
            batchNorm?: "trained" | "frozen";
            /**
             * Phases
             * @description Parts of the run, one after the other, each with its own layers, learning rates and schedule. Each begins with an empty optimizer; weights, BatchNorm’s running statistics and averages carry over. `epochs` of the job is their sum. Default: the whole run is one phase.
             * @example [
             *       {
             *         "epochs": 1,
             *         "freeze": "backbone"
             *       },
             *       {
             *         "epochs": 4,
             *         "learningRate": 0.0005,
             *         "layerDecay": 0.5
             *       }
             *     ]
             */
            phases?: {
                /**
                 * Epochs
                 * @description Passes over the training images in this phase.
                 * @example 5
                 * @example 30
                 */
                epochs: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Input side
                 * @description Side of the images that this phase trains on. Scores use `dataset.resize`, the side at which the model predicts.
                 * @example 128
                 */
                resize?: number;
                /**
                 * Frozen layers
                 * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
                 * @example backbone
                 * @example layer3
                 */
                freeze?: string | null;
                /**
                 * Rate of the head
                 * @description Factor on the learning rate of the head, the last layer.
                 * @example 10
                 */
                headRate?: number;
                /**
                 * Decay per stage
                 * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
                 * @example 0.5
                 */
                layerDecay?: number;
                /**
                 * BatchNorm
                 * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
                 * @example frozen
                 * @enum {string}
                 */
                batchNorm?: "trained" | "frozen";
                /**
                 * Schedule
                 * @description Learning rate schedule, which spans this phase alone. Absent options have the defaults of the schedule.
                 * @example cosine
                 */
                schedule?: components["schemas"]["ScheduleOverride"] | ("constant" | "step" | "cosine" | "one-cycle");
            }[];
            /** @default none */
            normalization?: components["schemas"]["NormalizationSpec"];
            /**
             * Precision
             * @description Number format of the forward and backward pass. Weights and BatchNorm statistics are float32 in both. `auto`: bfloat16 if every live worker is faster in it (a CPU with AMX, an AMD CPU with AVX-512 BF16, or a GPU of compute capability 8.0 or newer), otherwise float32.
             * @default float32
             * @example auto
             * @enum {string}
             */
            precision?: "float32" | "bfloat16" | "auto";
            /**
             * Class weights
             * @description Factors on the training loss of the images of each class, in the order of the data set’s classes. `balanced`: n / (k · nᵢ) for the nᵢ of n training images in class i of k classes, as scikit-learn’s `class_weight="balanced"`. The loss of a batch is the mean over its images. Validation and test losses have no weights. null: none.
             * @default null
             * @example balanced
             * @example [
             *       1,
             *       4.5
             *     ]
             */
            classWeights?: "balanced" | number[] | null;
            /**
             * Sampler
             * @description Training images of an epoch. `shuffled`: each once. `balanced`: as many draws with replacement, in which each class is equally likely.
             * @default shuffled
             * @example balanced
             * @enum {string}
             */
            sampler?: "shuffled" | "balanced";
            /**
             * Priority
             * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
             * @default 0
             * @example 10
             */
            priority?: number;
            metadata?: components["schemas"]["Metadata"];
            /**
             * Notes
             * @description Free text about the job, up to 4,000 characters. Default: none.
             * @example Second try, with cutout.
             */
            notes?: string;
            /**
             * Planned changes
             * @description Live changes that the job applies at given steps, in ascending order. The `changes` and the spec of a model train the same weights again, bit by bit. Default: none.
             * @example [
             *       {
             *         "step": 1000,
             *         "to": {
             *           "learningRate": 0.01
             *         }
             *       }
             *     ]
             */
            changes?: {
                /** @description Number of the change in the model it is copied from. Ignored. */
                number?: number;
                /**
                 * Step
                 * @description Steps of the whole run after which the change takes effect.
                 * @example 1000
                 */
                step: number;
                /** @description Values before the change. Ignored. */
                from?: {
                    /**
                     * Learning rate
                     * @description Step size of the optimizer. With a schedule, its highest value.
                     * @example 0.001
                     * @example 0.1
                     */
                    learningRate?: number;
                    /**
                     * Epochs
                     * @description Passes over the training images.
                     * @example 5
                     * @example 30
                     */
                    epochs?: number;
                    /**
                     * Patience
                     * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                     * @example 5
                     */
                    patience?: number | null;
                    /**
                     * Time limit
                     * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                     * @example 3600
                     */
                    maxSeconds?: number | null;
                };
                /** @description New values. */
                to: {
                    /**
                     * Learning rate
                     * @description Step size of the optimizer. With a schedule, its highest value.
                     * @example 0.001
                     * @example 0.1
                     */
                    learningRate?: number;
                    /**
                     * Epochs
                     * @description Passes over the training images.
                     * @example 5
                     * @example 30
                     */
                    epochs?: number;
                    /**
                     * Patience
                     * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                     * @example 5
                     */
                    patience?: number | null;
                    /**
                     * Time limit
                     * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                     * @example 3600
                     */
                    maxSeconds?: number | null;
                };
            }[];
            /**
             * Webhooks
             * @description Addresses that receive frames of the job, signed as Standard Webhooks (standardwebhooks.com) specifies. At most 5. Default: none.
             * @example [
             *       {
             *         "url": "https://example.com/hooks/training",
             *         "events": [
             *           "end"
             *         ]
             *       }
             *     ]
             */
            webhooks?: components["schemas"]["WebhookRequest"][];
        };
        /** ResnetImport */
        ResnetImport: {
            /** @constant */
            network: "resnet";
            /**
             * Network options
             * @description Options of resnet. Default: the tutorial’s network.
             */
            networkOptions?: {
                /**
                 * Variant
                 * @description `tutorial`: residuals of two 3×3 convolutions with biases, and a 1×1 shortcut without BatchNorm. The others follow torchvision: convolutions without biases, BatchNorm on the shortcut, and from `resnet50` on bottlenecks of 1×1, 3×3 and 1×1.
                 * @default tutorial
                 * @example resnet152
                 * @enum {string}
                 */
                variant?: "tutorial" | "resnet18" | "resnet34" | "resnet50" | "resnet101" | "resnet152";
                /**
                 * Stem
                 * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
                 * @default classic
                 * @example small
                 * @enum {string}
                 */
                stem?: "classic" | "small";
                /**
                 * Stem kernel
                 * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
                 * @example 3
                 * @enum {integer}
                 */
                stemKernel?: 3 | 5 | 7;
                /**
                 * Width
                 * @description Channels of the first stage. Each further stage has twice as many.
                 * @default 64
                 * @example 32
                 */
                width?: number;
                /**
                 * Blocks
                 * @description Residuals of each stage: 1–6 stages with 1–36 residuals each, at most 66 in total. Default: those of the variant.
                 * @example [
                 *       2,
                 *       2,
                 *       2,
                 *       2
                 *     ]
                 */
                blocks?: number[];
                /**
                 * Zero-initialized residuals
                 * @description Initializes the last BatchNorm weight of each residual with 0, so that each residual begins as its shortcut (Goyal et al. 2017, arXiv:1706.02677).
                 * @default false
                 * @example true
                 */
                zeroInitResidual?: boolean;
                /**
                 * Dropout
                 * @description Share of the values before the last layer that dropout sets to 0 in training. 0: no dropout.
                 * @default 0
                 * @example 0.2
                 */
                dropRate?: number;
            };
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            /**
             * @description Id of the pretrained model, such as `timm/resnet18.a1_in1k`, `microsoft/resnet-50` or `densenet121`. Weights of another architecture are refused.
             * @example timm/resnet18.a1_in1k
             */
            origin?: string;
            /** @description Class names, in the order of the outputs; or `imagenet-1k` for the 1,000 names of ImageNet-1k. */
            classes: string[] | "imagenet-1k";
            /** @description Size of the images that predictions use, in pixels. `preprocessing` decides how other sizes get there. */
            image: {
                height: number;
                width: number;
                /** @enum {integer} */
                channels: 1 | 3;
            };
            /**
             * Input side
             * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres.
             */
            resize: number;
            /**
             * @description How predictions convert an image to the input of the network. Default: `contain` on black.
             * @example {
             *       "preset": "torchvision"
             *     }
             * @example {
             *       "preset": "timm",
             *       "cropShare": 0.95
             *     }
             */
            preprocessing?: {
                /**
                 * @description Values of the other fields that are absent. `torchvision`: `resize-crop` with 0.875, `bilinear`. `timm`: the same with `bicubic`. `keras`: `stretch`, `bilinear` without antialiasing. All are `plain` with ImageNet’s mean and standard deviation.
                 * @enum {string}
                 */
                preset?: "torchvision" | "timm" | "keras";
                /**
                 * @description `contain`: the whole image with its aspect ratio; the background fills the rest. `cover`: the centre, as large as it fits. `stretch`: the whole image without its aspect ratio. `resize-crop`: the shorter side becomes side / `cropShare`, and the centre is cut out, as torchvision’s `Resize` and `CenterCrop` do.
                 * @enum {string}
                 */
                fit?: "contain" | "cover" | "stretch" | "resize-crop";
                /** @description Share of the resized image's shorter side that the crop keeps. Only for `resize-crop`, default 0.875: 224 of 256 pixels. */
                cropShare?: number;
                /** @description Behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb`. Default black. */
                background?: string;
                /**
                 * @description `managed`: colour profiles are converted to sRGB, and transparent pixels show the background. `plain`: profiles and transparency are ignored, as Pillow’s `convert("RGB")` and TensorFlow’s decoders do. Both turn the image upright by its EXIF data. Default `managed`.
                 * @enum {string}
                 */
                decoding?: "managed" | "plain";
                /**
                 * @description `fast`: libvips, which decodes large JPEG and WebP files at a reduced size; close to antialiased bilinear. `bilinear` and `bicubic`: the pixels of Pillow and torchvision. `fast` is only for `contain`, `managed` and `antialias: true`. There it is the default; elsewhere the default is `bilinear`.
                 * @enum {string}
                 */
                interpolation?: "fast" | "bilinear" | "bicubic";
                /** @description Whether `bilinear` and `bicubic` average over all pixels when they make an image smaller, as Pillow does. `false`: they read the nearest 4 or 16 pixels, as TensorFlow’s `resize` does by default. Default true. */
                antialias?: boolean;
                /** @description Normalization of the pixels. Default: none, pixels from 0 to 1. */
                normalization?: {
                    /** @description Subtracted from the pixels (0 to 1), per channel. */
                    mean: number[];
                    /** @description Divides the result, per channel. */
                    std: number[];
                };
            };
            /** @description The same as `preprocessing.normalization`; send one of the two. */
            normalization?: {
                /** @description Subtracted from the pixels (0 to 1), per channel. */
                mean: number[];
                /** @description Divides the result, per channel. */
                std: number[];
            };
            /** @description Where the service finds the file, if the request does not have it: `url` or `path`. */
            weights?: {
                /**
                 * @description Address of the file, `https://…`. Only public addresses, unless DOWNLOAD_NETWORKS allows others.
                 * @example https://download.pytorch.org/models/resnet18-f37072fd.pth
                 */
                url?: string;
                /** @description Path below the folder of the setting IMPORT_DIR. */
                path?: string;
                /** @description SHA-256 of the file. Required with `url`. */
                sha256?: string;
            };
        };
        /** DensenetImport */
        DensenetImport: {
            /** @constant */
            network: "densenet";
            /**
             * Network options
             * @description Options of densenet. Default: the tutorial’s network.
             */
            networkOptions?: {
                /**
                 * Variant
                 * @description `tutorial`: layers of BatchNorm, ReLU and a 3×3 convolution with a bias. The others follow torchvision: a 1×1 convolution to four times the growth precedes the 3×3 convolution, and there are no biases.
                 * @default tutorial
                 * @example densenet201
                 * @enum {string}
                 */
                variant?: "tutorial" | "densenet121" | "densenet161" | "densenet169" | "densenet201";
                /**
                 * Stem
                 * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
                 * @default classic
                 * @example small
                 * @enum {string}
                 */
                stem?: "classic" | "small";
                /**
                 * Stem kernel
                 * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
                 * @example 3
                 * @enum {integer}
                 */
                stemKernel?: 3 | 5 | 7;
                /**
                 * Width
                 * @description Channels of the stem. Default: those of the variant, which are 96 for `densenet161` and 64 for the others.
                 * @example 32
                 */
                width?: number;
                /**
                 * Growth
                 * @description Channels that each layer adds. Default: those of the variant, which are 48 for `densenet161` and 32 for the others.
                 * @example 16
                 */
                growth?: number;
                /**
                 * Blocks
                 * @description Layers of each dense block: 1–6 blocks with 1–64 layers each, at most 130 in total. Default: those of the variant.
                 * @example [
                 *       4,
                 *       4,
                 *       4,
                 *       4
                 *     ]
                 */
                blocks?: number[];
                /**
                 * Dropout
                 * @description Share of the values after the last convolution of each layer that dropout sets to 0 in training. 0: no dropout.
                 * @default 0
                 * @example 0.2
                 */
                dropRate?: number;
            };
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            /**
             * @description Id of the pretrained model, such as `timm/resnet18.a1_in1k`, `microsoft/resnet-50` or `densenet121`. Weights of another architecture are refused.
             * @example timm/resnet18.a1_in1k
             */
            origin?: string;
            /** @description Class names, in the order of the outputs; or `imagenet-1k` for the 1,000 names of ImageNet-1k. */
            classes: string[] | "imagenet-1k";
            /** @description Size of the images that predictions use, in pixels. `preprocessing` decides how other sizes get there. */
            image: {
                height: number;
                width: number;
                /** @enum {integer} */
                channels: 1 | 3;
            };
            /**
             * Input side
             * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres.
             */
            resize: number;
            /**
             * @description How predictions convert an image to the input of the network. Default: `contain` on black.
             * @example {
             *       "preset": "torchvision"
             *     }
             * @example {
             *       "preset": "timm",
             *       "cropShare": 0.95
             *     }
             */
            preprocessing?: {
                /**
                 * @description Values of the other fields that are absent. `torchvision`: `resize-crop` with 0.875, `bilinear`. `timm`: the same with `bicubic`. `keras`: `stretch`, `bilinear` without antialiasing. All are `plain` with ImageNet’s mean and standard deviation.
                 * @enum {string}
                 */
                preset?: "torchvision" | "timm" | "keras";
                /**
                 * @description `contain`: the whole image with its aspect ratio; the background fills the rest. `cover`: the centre, as large as it fits. `stretch`: the whole image without its aspect ratio. `resize-crop`: the shorter side becomes side / `cropShare`, and the centre is cut out, as torchvision’s `Resize` and `CenterCrop` do.
                 * @enum {string}
                 */
                fit?: "contain" | "cover" | "stretch" | "resize-crop";
                /** @description Share of the resized image's shorter side that the crop keeps. Only for `resize-crop`, default 0.875: 224 of 256 pixels. */
                cropShare?: number;
                /** @description Behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb`. Default black. */
                background?: string;
                /**
                 * @description `managed`: colour profiles are converted to sRGB, and transparent pixels show the background. `plain`: profiles and transparency are ignored, as Pillow’s `convert("RGB")` and TensorFlow’s decoders do. Both turn the image upright by its EXIF data. Default `managed`.
                 * @enum {string}
                 */
                decoding?: "managed" | "plain";
                /**
                 * @description `fast`: libvips, which decodes large JPEG and WebP files at a reduced size; close to antialiased bilinear. `bilinear` and `bicubic`: the pixels of Pillow and torchvision. `fast` is only for `contain`, `managed` and `antialias: true`. There it is the default; elsewhere the default is `bilinear`.
                 * @enum {string}
                 */
                interpolation?: "fast" | "bilinear" | "bicubic";
                /** @description Whether `bilinear` and `bicubic` average over all pixels when they make an image smaller, as Pillow does. `false`: they read the nearest 4 or 16 pixels, as TensorFlow’s `resize` does by default. Default true. */
                antialias?: boolean;
                /** @description Normalization of the pixels. Default: none, pixels from 0 to 1. */
                normalization?: {
                    /** @description Subtracted from the pixels (0 to 1), per channel. */
                    mean: number[];
                    /** @description Divides the result, per channel. */
                    std: number[];
                };
            };
            /** @description The same as `preprocessing.normalization`; send one of the two. */
            normalization?: {
                /** @description Subtracted from the pixels (0 to 1), per channel. */
                mean: number[];
                /** @description Divides the result, per channel. */
                std: number[];
            };
            /** @description Where the service finds the file, if the request does not have it: `url` or `path`. */
            weights?: {
                /**
                 * @description Address of the file, `https://…`. Only public addresses, unless DOWNLOAD_NETWORKS allows others.
                 * @example https://download.pytorch.org/models/resnet18-f37072fd.pth
                 */
                url?: string;
                /** @description Path below the folder of the setting IMPORT_DIR. */
                path?: string;
                /** @description SHA-256 of the file. Required with `url`. */
                sha256?: string;
            };
        };
        /** AutoImport */
        AutoImport: {
            /**
             * @description The network and its options follow from the names and shapes of the weights.
             * @constant
             */
            network?: "auto";
            /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
            name: string;
            /**
             * @description Id of the pretrained model, such as `timm/resnet18.a1_in1k`, `microsoft/resnet-50` or `densenet121`. Weights of another architecture are refused.
             * @example timm/resnet18.a1_in1k
             */
            origin?: string;
            /** @description Class names, in the order of the outputs; or `imagenet-1k` for the 1,000 names of ImageNet-1k. */
            classes: string[] | "imagenet-1k";
            /** @description Size of the images that predictions use, in pixels. `preprocessing` decides how other sizes get there. */
            image: {
                height: number;
                width: number;
                /** @enum {integer} */
                channels: 1 | 3;
            };
            /**
             * Input side
             * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres.
             */
            resize: number;
            /**
             * @description How predictions convert an image to the input of the network. Default: `contain` on black.
             * @example {
             *       "preset": "torchvision"
             *     }
             * @example {
             *       "preset": "timm",
             *       "cropShare": 0.95
             *     }
             */
            preprocessing?: {
                /**
                 * @description Values of the other fields that are absent. `torchvision`: `resize-crop` with 0.875, `bilinear`. `timm`: the same with `bicubic`. `keras`: `stretch`, `bilinear` without antialiasing. All are `plain` with ImageNet’s mean and standard deviation.
                 * @enum {string}
                 */
                preset?: "torchvision" | "timm" | "keras";
                /**
                 * @description `contain`: the whole image with its aspect ratio; the background fills the rest. `cover`: the centre, as large as it fits. `stretch`: the whole image without its aspect ratio. `resize-crop`: the shorter side becomes side / `cropShare`, and the centre is cut out, as torchvision’s `Resize` and `CenterCrop` do.
                 * @enum {string}
                 */
                fit?: "contain" | "cover" | "stretch" | "resize-crop";
                /** @description Share of the resized image's shorter side that the crop keeps. Only for `resize-crop`, default 0.875: 224 of 256 pixels. */
                cropShare?: number;
                /** @description Behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb`. Default black. */
                background?: string;
                /**
                 * @description `managed`: colour profiles are converted to sRGB, and transparent pixels show the background. `plain`: profiles and transparency are ignored, as Pillow’s `convert("RGB")` and TensorFlow’s decoders do. Both turn the image upright by its EXIF data. Default `managed`.
                 * @enum {string}
                 */
                decoding?: "managed" | "plain";
                /**
                 * @description `fast`: libvips, which decodes large JPEG and WebP files at a reduced size; close to antialiased bilinear. `bilinear` and `bicubic`: the pixels of Pillow and torchvision. `fast` is only for `contain`, `managed` and `antialias: true`. There it is the default; elsewhere the default is `bilinear`.
                 * @enum {string}
                 */
                interpolation?: "fast" | "bilinear" | "bicubic";
                /** @description Whether `bilinear` and `bicubic` average over all pixels when they make an image smaller, as Pillow does. `false`: they read the nearest 4 or 16 pixels, as TensorFlow’s `resize` does by default. Default true. */
                antialias?: boolean;
                /** @description Normalization of the pixels. Default: none, pixels from 0 to 1. */
                normalization?: {
                    /** @description Subtracted from the pixels (0 to 1), per channel. */
                    mean: number[];
                    /** @description Divides the result, per channel. */
                    std: number[];
                };
            };
            /** @description The same as `preprocessing.normalization`; send one of the two. */
            normalization?: {
                /** @description Subtracted from the pixels (0 to 1), per channel. */
                mean: number[];
                /** @description Divides the result, per channel. */
                std: number[];
            };
            /** @description Where the service finds the file, if the request does not have it: `url` or `path`. */
            weights?: {
                /**
                 * @description Address of the file, `https://…`. Only public addresses, unless DOWNLOAD_NETWORKS allows others.
                 * @example https://download.pytorch.org/models/resnet18-f37072fd.pth
                 */
                url?: string;
                /** @description Path below the folder of the setting IMPORT_DIR. */
                path?: string;
                /** @description SHA-256 of the file. Required with `url`. */
                sha256?: string;
            };
        };
        /** AdamSpec */
        AdamSpec: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "adam";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate: number;
            /**
             * Beta 1
             * @description Share of the first moment that each step keeps.
             * @example 0.9
             */
            beta1: number;
            /**
             * Beta 2
             * @description Share of the second moment that each step keeps.
             * @example 0.999
             */
            beta2: number;
            /**
             * Epsilon
             * @description Added to the bias-corrected root of the second moment.
             * @example 1e-8
             */
            epsilon: number;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @example 0.01
             * @example 0.0005
             */
            weightDecay: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @example true
             */
            decayNormAndBias: boolean;
        };
        /** AdamWSpec */
        AdamWSpec: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "adamw";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate: number;
            /**
             * Beta 1
             * @description Share of the first moment that each step keeps.
             * @example 0.9
             */
            beta1: number;
            /**
             * Beta 2
             * @description Share of the second moment that each step keeps.
             * @example 0.999
             */
            beta2: number;
            /**
             * Epsilon
             * @description Added to the bias-corrected root of the second moment.
             * @example 1e-8
             */
            epsilon: number;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @example 0.01
             * @example 0.0005
             */
            weightDecay: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @example true
             */
            decayNormAndBias: boolean;
        };
        /** SgdSpec */
        SgdSpec: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "sgd";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate: number;
            /**
             * Momentum
             * @description Share of the previous step that each step adds. 0 is plain gradient descent.
             * @example 0.9
             */
            momentum: number;
            /**
             * Nesterov momentum
             * @description Whether to use Nesterov momentum (Sutskever et al. 2013). Needs a `momentum` above 0.
             * @example true
             */
            nesterov: boolean;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @example 0.01
             * @example 0.0005
             */
            weightDecay: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @example true
             */
            decayNormAndBias: boolean;
        };
        /** AdamRequest */
        AdamRequest: {
            /** @constant */
            name?: "adam";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @default 0.001
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Beta 1
             * @description Share of the first moment that each step keeps.
             * @default 0.9
             * @example 0.9
             */
            beta1?: number;
            /**
             * Beta 2
             * @description Share of the second moment that each step keeps.
             * @default 0.999
             * @example 0.999
             */
            beta2?: number;
            /**
             * Epsilon
             * @description Added to the bias-corrected root of the second moment.
             * @default 1e-8
             * @example 1e-8
             */
            epsilon?: number;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @default 0
             * @example 0.01
             * @example 0.0005
             */
            weightDecay?: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @default false
             * @example true
             */
            decayNormAndBias?: boolean;
        };
        /** AdamWRequest */
        AdamWRequest: {
            /** @constant */
            name: "adamw";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @default 0.001
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Beta 1
             * @description Share of the first moment that each step keeps.
             * @default 0.9
             * @example 0.9
             */
            beta1?: number;
            /**
             * Beta 2
             * @description Share of the second moment that each step keeps.
             * @default 0.999
             * @example 0.999
             */
            beta2?: number;
            /**
             * Epsilon
             * @description Added to the bias-corrected root of the second moment.
             * @default 1e-8
             * @example 1e-8
             */
            epsilon?: number;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @default 0.01
             * @example 0.01
             * @example 0.0005
             */
            weightDecay?: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @default false
             * @example true
             */
            decayNormAndBias?: boolean;
        };
        /** SgdRequest */
        SgdRequest: {
            /** @constant */
            name: "sgd";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @default 0.1
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Momentum
             * @description Share of the previous step that each step adds. 0 is plain gradient descent.
             * @default 0
             * @example 0.9
             */
            momentum?: number;
            /**
             * Nesterov momentum
             * @description Whether to use Nesterov momentum (Sutskever et al. 2013). Needs a `momentum` above 0.
             * @default false
             * @example true
             */
            nesterov?: boolean;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @default 0
             * @example 0.01
             * @example 0.0005
             */
            weightDecay?: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @default false
             * @example true
             */
            decayNormAndBias?: boolean;
        };
        /** AdamOverride */
        AdamOverride: {
            /** @constant */
            name?: "adam";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Beta 1
             * @description Share of the first moment that each step keeps.
             * @example 0.9
             */
            beta1?: number;
            /**
             * Beta 2
             * @description Share of the second moment that each step keeps.
             * @example 0.999
             */
            beta2?: number;
            /**
             * Epsilon
             * @description Added to the bias-corrected root of the second moment.
             * @example 1e-8
             */
            epsilon?: number;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @example 0.01
             * @example 0.0005
             */
            weightDecay?: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @example true
             */
            decayNormAndBias?: boolean;
        };
        /** AdamWOverride */
        AdamWOverride: {
            /** @constant */
            name: "adamw";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Beta 1
             * @description Share of the first moment that each step keeps.
             * @example 0.9
             */
            beta1?: number;
            /**
             * Beta 2
             * @description Share of the second moment that each step keeps.
             * @example 0.999
             */
            beta2?: number;
            /**
             * Epsilon
             * @description Added to the bias-corrected root of the second moment.
             * @example 1e-8
             */
            epsilon?: number;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @example 0.01
             * @example 0.0005
             */
            weightDecay?: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @example true
             */
            decayNormAndBias?: boolean;
        };
        /** SgdOverride */
        SgdOverride: {
            /** @constant */
            name: "sgd";
            /**
             * Learning rate
             * @description Step size of the optimizer. With a schedule, its highest value.
             * @example 0.001
             * @example 0.1
             */
            learningRate?: number;
            /**
             * Momentum
             * @description Share of the previous step that each step adds. 0 is plain gradient descent.
             * @example 0.9
             */
            momentum?: number;
            /**
             * Nesterov momentum
             * @description Whether to use Nesterov momentum (Sutskever et al. 2013). Needs a `momentum` above 0.
             * @example true
             */
            nesterov?: boolean;
            /**
             * Weight decay
             * @description Strength of the weight decay. `adamw` subtracts this share times the learning rate from each weight (Loshchilov & Hutter 2017, arXiv:1711.05101). `adam` and `sgd` add the decay to the gradient.
             * @example 0.01
             * @example 0.0005
             */
            weightDecay?: number;
            /**
             * Decay of BatchNorm and biases
             * @description Whether BatchNorm parameters and biases decay too.
             * @example true
             */
            decayNormAndBias?: boolean;
        };
        /** ConstantSchedule */
        ConstantSchedule: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "constant";
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs: number;
        };
        /** StepSchedule */
        StepSchedule: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "step";
            /**
             * Interval
             * @description Epochs between two drops of the learning rate by `factor`. Must be less than `epochs`.
             * @example 10
             */
            every: number;
            /**
             * Factor
             * @description Factor on the learning rate at each drop.
             * @example 0.1
             */
            factor: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs: number;
        };
        /** MultiStepSchedule */
        MultiStepSchedule: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "multi-step";
            /**
             * Epochs of the drops
             * @description Epochs after which the learning rate drops by `factor`, in ascending order.
             * @example [
             *       15,
             *       25
             *     ]
             */
            epochs: number[];
            /**
             * Factor
             * @description Factor on the learning rate at each drop.
             * @example 0.1
             */
            factor: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs: number;
        };
        /** CosineSchedule */
        CosineSchedule: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "cosine";
            /**
             * Final factor
             * @description Share of the learning rate that is left at the end of half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983).
             * @example 0.01
             */
            finalFactor: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs: number;
        };
        /** OneCycleSchedule */
        OneCycleSchedule: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "one-cycle";
            /**
             * Peak
             * @description Share of the run after which the learning rate is at its peak (Smith 2018, arXiv:1803.09820; OneCycleLR of PyTorch with cosine annealing and constant momentum).
             * @example 0.3
             */
            peakAt: number;
            /**
             * Start factor
             * @description Learning rate at the start, as a share of the peak.
             * @example 0.04
             */
            startFactor: number;
            /**
             * Final factor
             * @description Learning rate at the end, as a share of the peak.
             * @example 0.000004
             */
            finalFactor: number;
        };
        /** ConstantScheduleRequest */
        ConstantScheduleRequest: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "constant";
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @default 0
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** StepScheduleRequest */
        StepScheduleRequest: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "step";
            /**
             * Interval
             * @description Epochs between two drops of the learning rate by `factor`. Must be less than `epochs`.
             * @default 1
             * @example 10
             */
            every?: number;
            /**
             * Factor
             * @description Factor on the learning rate at each drop.
             * @default 0.1
             * @example 0.1
             */
            factor?: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @default 0
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** MultiStepScheduleRequest */
        MultiStepScheduleRequest: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "multi-step";
            /**
             * Epochs of the drops
             * @description Epochs after which the learning rate drops by `factor`, in ascending order.
             * @example [
             *       15,
             *       25
             *     ]
             */
            epochs: number[];
            /**
             * Factor
             * @description Factor on the learning rate at each drop.
             * @default 0.1
             * @example 0.1
             */
            factor?: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @default 0
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** CosineScheduleRequest */
        CosineScheduleRequest: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "cosine";
            /**
             * Final factor
             * @description Share of the learning rate that is left at the end of half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983).
             * @default 0
             * @example 0.01
             */
            finalFactor?: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @default 0
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** OneCycleScheduleRequest */
        OneCycleScheduleRequest: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "one-cycle";
            /**
             * Peak
             * @description Share of the run after which the learning rate is at its peak (Smith 2018, arXiv:1803.09820; OneCycleLR of PyTorch with cosine annealing and constant momentum).
             * @default 0.3
             * @example 0.3
             */
            peakAt?: number;
            /**
             * Start factor
             * @description Learning rate at the start, as a share of the peak.
             * @default 0.04
             * @example 0.04
             */
            startFactor?: number;
            /**
             * Final factor
             * @description Learning rate at the end, as a share of the peak.
             * @default 0.000004
             * @example 0.000004
             */
            finalFactor?: number;
        };
        /** ConstantScheduleOverride */
        ConstantScheduleOverride: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "constant";
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** StepScheduleOverride */
        StepScheduleOverride: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "step";
            /**
             * Interval
             * @description Epochs between two drops of the learning rate by `factor`. Must be less than `epochs`.
             * @example 10
             */
            every?: number;
            /**
             * Factor
             * @description Factor on the learning rate at each drop.
             * @example 0.1
             */
            factor?: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** MultiStepScheduleOverride */
        MultiStepScheduleOverride: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "multi-step";
            /**
             * Epochs of the drops
             * @description Epochs after which the learning rate drops by `factor`, in ascending order.
             * @example [
             *       15,
             *       25
             *     ]
             */
            epochs: number[];
            /**
             * Factor
             * @description Factor on the learning rate at each drop.
             * @example 0.1
             */
            factor?: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** CosineScheduleOverride */
        CosineScheduleOverride: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "cosine";
            /**
             * Final factor
             * @description Share of the learning rate that is left at the end of half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983).
             * @example 0.01
             */
            finalFactor?: number;
            /**
             * Warm-up
             * @description The learning rate rises linearly from 0 during these first epochs. Fractions are allowed.
             * @example 1
             * @example 0.5
             */
            warmupEpochs?: number;
        };
        /** OneCycleScheduleOverride */
        OneCycleScheduleOverride: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            name: "one-cycle";
            /**
             * Peak
             * @description Share of the run after which the learning rate is at its peak (Smith 2018, arXiv:1803.09820; OneCycleLR of PyTorch with cosine annealing and constant momentum).
             * @example 0.3
             */
            peakAt?: number;
            /**
             * Start factor
             * @description Learning rate at the start, as a share of the peak.
             * @example 0.04
             */
            startFactor?: number;
            /**
             * Final factor
             * @description Learning rate at the end, as a share of the peak.
             * @example 0.000004
             */
            finalFactor?: number;
        };
        /** StatusFrame */
        StatusFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "status";
            /** @enum {string} */
            status: "queued" | "running" | "paused";
            /** @description Attempt that starts (`running`), or that ended without a result (`queued`, `paused`). */
            attempt: number;
            reason?: components["schemas"]["Failure"];
            /** @description New micro batch size, after the job ran out of memory. */
            microBatchSize?: number;
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
        };
        /** ChangeFrame */
        ChangeFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "change";
            /** @description Number of the change within its job, from 1. */
            number: number;
            /**
             * Step
             * @description Steps of the whole run that were done when the change took effect. It applies from the next step on. Absent for a change of the priority, which takes effect at once.
             * @example 1000
             */
            step?: number;
            from: {
                /**
                 * Priority
                 * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
                 * @example 10
                 */
                priority?: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Epochs
                 * @description Passes over the training images.
                 * @example 5
                 * @example 30
                 */
                epochs?: number;
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Time limit
                 * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                 * @example 3600
                 */
                maxSeconds?: number | null;
            };
            to: {
                /**
                 * Priority
                 * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
                 * @example 10
                 */
                priority?: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Epochs
                 * @description Passes over the training images.
                 * @example 5
                 * @example 30
                 */
                epochs?: number;
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Time limit
                 * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                 * @example 3600
                 */
                maxSeconds?: number | null;
            };
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
        };
        /** ResumeFrame */
        ResumeFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "resume";
            attempt: number;
            /** @description Epoch in which this attempt continues. `epochs` + 1 if all epochs are done and only the model must be saved. */
            epoch: number;
            /** @description Steps done in this epoch. */
            step: number;
            /** @description Newer checkpoints that could not be used, with the reason for each. */
            faults?: string[];
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
        };
        /** StartFrame */
        StartFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "start";
            attempt: number;
            /**
             * Mode
             * @description `continue`: continue the run of a checkpoint with its optimizer slots, averages and position. `fine-tune`: start a new run from the weights and BatchNorm’s running statistics. Default: `continue` from a job, `fine-tune` from a model.
             * @example fine-tune
             * @enum {string}
             */
            mode: "continue" | "fine-tune";
            /** @description First epoch of the attempt. */
            epoch: number;
            /** @description Steps done in this epoch. */
            step: number;
            /** @description Number of variables initialized from the starting point. */
            taken: number;
            /** @description Names of the weights that were initialized from the seed. */
            fresh: string[];
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
        };
        /** StepFrame */
        StepFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "step";
            /** @description Phase, from 1. Absent if the job has no `phases`. */
            phase?: number;
            epoch: number;
            /** @description Step within the epoch, from 1. */
            step: number;
            /** @description Steps of one epoch. */
            steps: number;
            /** @description Mean cross entropy of the batch. */
            loss: number | null;
            /** @description Share of the batch classified correctly. */
            accuracy: number;
            learningRate: number;
            /** @description Training rate since the previous `step` frame. */
            imagesPerSecond: number | null;
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
            /** @description CPU and memory of the trainer, with those of its GPU if it has one. In the first `step` frame of an attempt, and then at most every 2 seconds. */
            usage?: {
                /** @description Cores in use, on average since the previous sample: 1.5 is one and a half cores. */
                cpu: number;
                /** @description Resident memory. */
                memoryBytes: number;
                /** @description Share of time in which the GPU computed. */
                gpu?: number;
                /** @description Used memory of the GPU, by all processes on it together. */
                gpuMemoryBytes?: number;
            };
        };
        /** EpochFrame */
        EpochFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "epoch";
            /** @description Phase, from 1. Absent if the job has no `phases`. */
            phase?: number;
            epoch: number;
            /** @description Steps trained in this epoch. Present if the run stopped within it. */
            step?: number;
            /** @description Mean cross entropy over the training images, in training mode. */
            trainLoss: number | null;
            /** @description Share of the training images classified correctly, in training mode. */
            trainAccuracy: number;
            /** @description Mean cross entropy over the validation images, in evaluation mode. */
            validationLoss?: number | null;
            /** @description Share of the validation images classified correctly, in evaluation mode. */
            validationAccuracy?: number;
            /** @description Mean F1 over the classes on the validation images. Absent in older frames and without validation images. */
            validationMacroF1?: number;
            /** @description Mean recall over the classes on the validation images. Absent in older frames and without validation images. */
            validationBalancedAccuracy?: number;
            /** @description Share of the validation images whose class is among the 5 most probable ones. Only with 6 classes or more. */
            validationTop5Accuracy?: number;
            /** @description Mean cross entropy over the test images, in evaluation mode. */
            testLoss: number | null;
            /** @description Share of the test images classified correctly, in evaluation mode. */
            testAccuracy: number;
            /** @description Share of the test images whose class is among the 5 most probable ones. Only with 6 classes or more. */
            testTop5Accuracy?: number;
            epochs: number;
            /** @description Duration of the epoch, including its evaluation, in seconds. */
            seconds: number;
            /** @description Training images divided by the training time, without evaluation. */
            imagesPerSecond: number | null;
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
            /**
             * @description Present if the epoch is the best so far, by the rule of `bestScores` of the job. The last frame with `best` is that of the best epoch.
             * @constant
             */
            best?: true;
            /** @description CPU and memory of the trainer, with those of its GPU if it has one. In the first `step` frame of an attempt, and then at most every 2 seconds. */
            usage?: {
                /** @description Cores in use, on average since the previous sample: 1.5 is one and a half cores. */
                cpu: number;
                /** @description Resident memory. */
                memoryBytes: number;
                /** @description Share of time in which the GPU computed. */
                gpu?: number;
                /** @description Used memory of the GPU, by all processes on it together. */
                gpuMemoryBytes?: number;
            };
        };
        /** EndFrame */
        EndFrame: {
            /** @description Number of the frame within its job: 1, 2, 3 … without gaps. */
            seq: number;
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "end";
            /** @enum {string} */
            status: "succeeded" | "failed" | "cancelled";
            model?: components["schemas"]["ModelReference"];
            reason?: components["schemas"]["EndReason"];
            error?: components["schemas"]["Failure"];
            /** @description Fields that are null because JSON cannot represent their value: NaN or infinite. */
            nonFinite?: string[];
            /** @description Only for cancelled jobs: milliseconds from the request to this frame, by the clock of Redis. */
            milliseconds?: number;
        };
        /**
         * GapFrame
         * @description Missing `step` frames. Frames of other types are never missing.
         */
        GapFrame: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "gap";
            /** Format: uuid */
            jobId: string;
            /** @description First number of the gap. */
            from: number;
            /** @description Last number of the gap. The next frame has `to` + 1; `after=<to>` continues there. */
            to: number;
            /** @description Present if the missing `step` frames never reached the stream and so have no numbers. It is the gap’s own number, equal to `from` and `to`. */
            seq?: number;
            /** Format: date-time */
            at?: string;
            /** @description Only with `seq`: the `step` frames between the previous one and this epoch and `step` are missing. */
            epoch?: number;
            /** @description Step of the last missing `step` frame. */
            step?: number;
            /** @description Steps of one epoch. */
            steps?: number;
        };
        /** JobFromRequest */
        JobFromRequest: {
            from: components["schemas"]["StartRequest"];
            /**
             * Network
             * @description Architecture to train.
             * @enum {string}
             */
            network?: "resnet" | "densenet";
            /** Network options */
            networkOptions?: {
                /**
                 * Dropout
                 * @description Share of values that dropout sets to 0. The only network option that may differ.
                 */
                dropRate: number;
            };
            /**
             * Model name
             * @description Name of the model that the job saves. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. Default: the model name of the starting point; with another data set, or from an imported model, the data set and the network, as `boots-resnet`.
             * @example boots
             */
            name?: string;
            /**
             * Data set
             * @description Images to train and test on: an object, or the name alone.
             * @example {
             *       "name": "fashion-mnist",
             *       "resize": 28,
             *       "validationSamples": 5000
             *     }
             * @example boots
             */
            dataset?: {
                /**
                 * Data set name
                 * @description Data set to train on, one of `GET /datasets`: `fashion-mnist`, an imported data set, or `synthetic`, whose images are generated from the seed and need no files.
                 * @example fashion-mnist
                 */
                name?: string;
                /**
                 * Input side
                 * @description Side of the network input. Images are resized to it bilinearly, with half-pixel centres. Default: 96 for built-in data sets, the side of the stored images for imported ones.
                 * @example 28
                 * @example 96
                 */
                resize?: number;
                /**
                 * Training images
                 * @description Number of training images: the first N of the training set. Default: all.
                 * @example 10000
                 */
                trainSamples?: number;
                /**
                 * Test images
                 * @description Number of test images: the first N of the test set. Default: all.
                 * @example 2000
                 */
                testSamples?: number;
                /**
                 * Validation images
                 * @description Number of validation images. They are scored after each epoch and never trained on. Early stopping and the best epoch use their score, never that of the test images. The seed draws them from the training images; with `validation: "own"` they are the first N of the data set’s validation split. Default: 0; with `validation: "own"` the whole split.
                 * @example 5000
                 */
                validationSamples?: number;
                /**
                 * Validation split
                 * @description `own`: use the data set’s own validation split, and train on all training images. `drawn`: draw the validation images from the training images. Default: `own` if the data set has such a split and `validationSamples` is absent, otherwise `drawn`.
                 * @example drawn
                 * @enum {string}
                 */
                validation?: "own" | "drawn";
                /**
                 * Stratified validation
                 * @description true: each class gives its share of the drawn validation images. false: all training images are drawn alike, as in earlier versions. Default: true. No effect on a validation split of the data set’s own.
                 */
                stratified?: boolean;
            } | string;
            /**
             * Early stopping
             * @description Stops the run before its last epoch if the score on the validation split (`dataset.validationSamples`) no longer improves. The model then has the weights of the best epoch. Never uses the test images. null: no early stopping.
             * @example {
             *       "metric": "validationLoss",
             *       "patience": 3
             *     }
             */
            earlyStopping?: {
                /**
                 * Metric
                 * @description Score on the validation split that early stopping watches and that chooses the best epoch. Macro-F1 and balanced accuracy are means over the classes, whatever the number of their images.
                 * @example validationAccuracy
                 * @enum {string}
                 */
                metric?: "validationLoss" | "validationAccuracy" | "validationMacroF1" | "validationBalancedAccuracy";
                /**
                 * Mode
                 * @description Direction in which the score improves. Must be `min` for the loss and `max` for the other metrics, which is the default.
                 * @example min
                 * @enum {string}
                 */
                mode?: "min" | "max";
                /**
                 * Patience
                 * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                 * @example 5
                 */
                patience?: number | null;
                /**
                 * Minimum change
                 * @description A score counts as an improvement only if it is better by more than this.
                 * @example 0.001
                 */
                minDelta?: number;
            } | null;
            /**
             * Optimizer
             * @description Optimizer: an object with its options, or its name alone. Default: that of the starting point.
             * @example {
             *       "name": "sgd",
             *       "learningRate": 0.1,
             *       "momentum": 0.9
             *     }
             * @example sgd
             */
            optimizer?: components["schemas"]["OptimizerOverride"] | ("adam" | "adamw" | "sgd");
            /**
             * Schedule
             * @description Learning rate schedule: an object with its options, or its name alone. Default: that of the starting point.
             * @example {
             *       "name": "cosine",
             *       "warmupEpochs": 1
             *     }
             * @example cosine
             */
            schedule?: components["schemas"]["ScheduleOverride"] | ("constant" | "step" | "cosine" | "one-cycle");
            /**
             * Augmentation
             * @description Random changes to the training images: an object, or the name of a preset: `"photos"` means `{"name": "photos"}`. Evaluation and predictions use the images unchanged.
             * @example {
             *       "crop": 2,
             *       "flip": true
             *     }
             * @example photos
             */
            augmentation?: {
                /**
                 * Preset
                 * @description `photos`: the augmentation of torchvision’s reference training of ResNets: `randomResizedCrop`, `flip`, `trivialAugmentWide`, `erasing` 0.1, `mixup` 0.2 and `cutmix` 1. `labelSmoothing` is then 0.1 by default. Other fields of the augmentation replace those of the preset.
                 * @enum {string}
                 */
                name?: "photos";
                /**
                 * Random crop
                 * @description Black pixels added on every side of an image, in pixels of the data set, before it is cut back to its size at a random place. 0: no crop.
                 * @example 2
                 */
                crop?: number;
                /**
                 * Random mirror
                 * @description Mirrors half of the images left to right.
                 * @example true
                 */
                flip?: boolean;
                /**
                 * Random erasing
                 * @description Share of the images in which a random rectangle of 2 to 33 % of the area is set to 0 (Zhong et al. 2017, arXiv:1708.04896).
                 * @example 0.25
                 */
                erasing?: number;
                /**
                 * Cutout
                 * @description Side of a square at a random centre that is set to 0, in pixels of the data set (DeVries & Taylor 2017, arXiv:1708.04552). 0: no cutout.
                 * @example 8
                 */
                cutout?: number;
                /**
                 * Mixup
                 * @description Alpha of Beta(alpha, alpha), from which each step draws the share by which it mixes pairs of images (Zhang et al. 2017, arXiv:1710.09412). 0: no mixup.
                 * @example 0.2
                 */
                mixup?: number;
                /**
                 * Random vertical mirror
                 * @description Mirrors half of the images top to bottom.
                 * @example true
                 */
                verticalFlip?: boolean;
                /**
                 * CutMix
                 * @description Alpha of Beta(alpha, alpha), from which each step draws the size of a box that pairs of images exchange (Yun et al. 2019, arXiv:1905.04899). With a `mixup` above 0, half of the steps do one and half the other. 0: no CutMix.
                 * @example 1
                 */
                cutmix?: number;
                /**
                 * TrivialAugmentWide
                 * @description Changes each image by one of 14 operations at one of 31 strengths, all equally likely, as torchvision’s TrivialAugmentWide (Müller & Hutter 2021, arXiv:2103.10158). Excludes `randAugment`.
                 * @example true
                 */
                trivialAugmentWide?: boolean;
                /**
                 * Random resized crop
                 * @description Cuts a random part out of each image and resizes it to the network’s input, as torchvision’s RandomResizedCrop with antialiasing (Szegedy et al. 2014, arXiv:1409.4842). Excludes `crop`. null: none.
                 * @example {}
                 */
                randomResizedCrop?: {
                    /**
                     * Share of the area
                     * @description Minimum and maximum share of the image’s area.
                     * @example [
                     *       0.08,
                     *       1
                     *     ]
                     */
                    scale?: number[];
                    /**
                     * Ratio of the sides
                     * @description Minimum and maximum width / height of the part.
                     * @example [
                     *       0.75,
                     *       1.3333
                     *     ]
                     */
                    ratio?: number[];
                } | null;
                /**
                 * Random affine map
                 * @description Rotates, moves, scales and shears each image at random, bilinearly, black outside, as torchvision’s RandomAffine. null: none.
                 * @example {}
                 */
                affine?: {
                    /**
                     * Largest rotation
                     * @description Largest rotation to either side.
                     * @example 15
                     */
                    degrees?: number;
                    /**
                     * Largest translation
                     * @description Largest translation to the side, and up or down, as a share of the image’s side.
                     * @example [
                     *       0.1,
                     *       0.1
                     *     ]
                     */
                    translate?: number[];
                    /**
                     * Scale
                     * @description Minimum and maximum factor on the size.
                     * @example [
                     *       0.8,
                     *       1.2
                     *     ]
                     */
                    scale?: number[];
                    /**
                     * Largest shear
                     * @description Largest shear along the rows, and along the columns.
                     * @example [
                     *       10,
                     *       0
                     *     ]
                     */
                    shear?: number[];
                } | null;
                /**
                 * Colour jitter
                 * @description Changes brightness, contrast, saturation and hue of each image at random, in a random order, as torchvision’s ColorJitter. null: none.
                 * @example {}
                 */
                colorJitter?: {
                    /**
                     * Brightness
                     * @description Changes the brightness by a factor between 1 − x and 1 + x, at least 0.
                     * @example 0.4
                     */
                    brightness?: number;
                    /**
                     * Contrast
                     * @description Changes the contrast by a factor between 1 − x and 1 + x, at least 0.
                     * @example 0.4
                     */
                    contrast?: number;
                    /**
                     * Saturation
                     * @description Changes the saturation of colour images by a factor between 1 − x and 1 + x, at least 0.
                     * @example 0.4
                     */
                    saturation?: number;
                    /**
                     * Hue
                     * @description Shifts the hue of colour images by up to this share of the colour circle, to either side.
                     * @example 0.1
                     */
                    hue?: number;
                } | null;
                /**
                 * RandAugment
                 * @description Changes each image by several of 14 operations at one strength, as torchvision’s RandAugment (Cubuk et al. 2019, arXiv:1909.13719). Excludes `trivialAugmentWide`. null: none.
                 * @example {}
                 */
                randAugment?: {
                    /**
                     * Operations
                     * @description Number of operations that each image goes through.
                     * @example 2
                     */
                    operations?: number;
                    /**
                     * Magnitude
                     * @description Strength of all operations.
                     * @example 9
                     */
                    magnitude?: number;
                } | null;
            } | "photos";
            /**
             * Batch size
             * @description Images per step. The last batch of an epoch may be smaller.
             * @example 128
             */
            batchSize?: number;
            /**
             * Micro batch size
             * @description Images in memory at once. Must divide `batchSize`. A step accumulates the gradients of `batchSize / microBatchSize` micro batches. The update equals that of the whole batch, except that BatchNorm, dropout and augmentation act on each micro batch separately. Default: `batchSize`.
             * @example 32
             */
            microBatchSize?: number;
            /**
             * Label smoothing
             * @description Share of each label that is spread over all classes (Szegedy et al. 2015, arXiv:1512.00567).
             * @example 0.1
             */
            labelSmoothing?: number;
            /**
             * Gradient clipping
             * @description Largest L2 norm of all gradients together. Larger gradients are scaled down. null: no limit.
             * @example 1
             */
            gradientClipNorm?: number | null;
            /**
             * EMA decay
             * @description Decay per step of an exponential moving average of the weights, at step t at most (1 + t) / (10 + t). The averages are scored and saved instead of the weights. null: no average.
             * @example 0.999
             */
            emaDecay?: number | null;
            /**
             * Epochs
             * @description Passes over the training images.
             * @example 5
             * @example 30
             */
            epochs?: number;
            /**
             * Time limit
             * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
             * @example 3600
             */
            maxSeconds?: number | null;
            /**
             * Seed
             * @description Seed of all random numbers, such as initial weights and the order of images. The same seed gives the same weights.
             * @example 42
             */
            seed?: number;
            /**
             * Step interval
             * @description Steps between two `step` frames. The last step of an epoch always has one.
             * @example 50
             */
            stepInterval?: number;
            /**
             * Frozen layers
             * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
             * @example backbone
             * @example layer3
             */
            freeze?: string | null;
            /**
             * Rate of the head
             * @description Factor on the learning rate of the head, the last layer.
             * @example 10
             */
            headRate?: number;
            /**
             * Decay per stage
             * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
             * @example 0.5
             */
            layerDecay?: number;
            /**
             * BatchNorm
             * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
             * @example frozen
             * @enum {string}
             */
            batchNorm?: "trained" | "frozen";
            /**
             * Phases
             * @description Parts of the run, one after the other, each with its own layers, learning rates and schedule. Each begins with an empty optimizer; weights, BatchNorm’s running statistics and averages carry over. `epochs` of the job is their sum. Default: the whole run is one phase.
             * @example [
             *       {
             *         "epochs": 1,
             *         "freeze": "backbone"
             *       },
             *       {
             *         "epochs": 4,
             *         "learningRate": 0.0005,
             *         "layerDecay": 0.5
             *       }
             *     ]
             */
            phases?: {
                /**
                 * Epochs
                 * @description Passes over the training images in this phase.
                 * @example 5
                 * @example 30
                 */
                epochs: number;
                /**
                 * Learning rate
                 * @description Step size of the optimizer. With a schedule, its highest value.
                 * @example 0.001
                 * @example 0.1
                 */
                learningRate?: number;
                /**
                 * Input side
                 * @description Side of the images that this phase trains on. Scores use `dataset.resize`, the side at which the model predicts.
                 * @example 128
                 */
                resize?: number;
                /**
                 * Frozen layers
                 * @description Layers that do not train: `backbone` is all layers except the head, the last layer. The name of a layer, as in `POST /networks/summary`, or of a PyTorch module, is that layer or module and all before it. Frozen layers run in evaluation mode, so that neither weights nor BatchNorm’s running statistics change. They cost no backward pass, no gradients and no optimizer slots. null: all layers train.
                 * @example backbone
                 * @example layer3
                 */
                freeze?: string | null;
                /**
                 * Rate of the head
                 * @description Factor on the learning rate of the head, the last layer.
                 * @example 10
                 */
                headRate?: number;
                /**
                 * Decay per stage
                 * @description Discriminative learning rates (Howard & Ruder 2018, arXiv:1801.06146). For a stage d stages before the head, the learning rate is multiplied by this factor to the power of d. 1: the same rate everywhere.
                 * @example 0.5
                 */
                layerDecay?: number;
                /**
                 * BatchNorm
                 * @description `trained`: BatchNorm normalizes by the batch and updates its running statistics. `frozen`: it normalizes by its running statistics and keeps them, in all layers. Its weights and biases train in both.
                 * @example frozen
                 * @enum {string}
                 */
                batchNorm?: "trained" | "frozen";
                /**
                 * Schedule
                 * @description Learning rate schedule, which spans this phase alone. Absent options have the defaults of the schedule.
                 * @example cosine
                 */
                schedule?: components["schemas"]["ScheduleOverride"] | ("constant" | "step" | "cosine" | "one-cycle");
            }[];
            normalization?: components["schemas"]["NormalizationSpec"];
            /**
             * Precision
             * @description Number format of the forward and backward pass. Weights and BatchNorm statistics are float32 in both. `auto`: bfloat16 if every live worker is faster in it (a CPU with AMX, an AMD CPU with AVX-512 BF16, or a GPU of compute capability 8.0 or newer), otherwise float32.
             * @example auto
             * @enum {string}
             */
            precision?: "float32" | "bfloat16" | "auto";
            /**
             * Class weights
             * @description Factors on the training loss of the images of each class, in the order of the data set’s classes. `balanced`: n / (k · nᵢ) for the nᵢ of n training images in class i of k classes, as scikit-learn’s `class_weight="balanced"`. The loss of a batch is the mean over its images. Validation and test losses have no weights. null: none.
             * @example balanced
             * @example [
             *       1,
             *       4.5
             *     ]
             */
            classWeights?: "balanced" | number[] | null;
            /**
             * Sampler
             * @description Training images of an epoch. `shuffled`: each once. `balanced`: as many draws with replacement, in which each class is equally likely.
             * @example balanced
             * @enum {string}
             */
            sampler?: "shuffled" | "balanced";
            /**
             * Priority
             * @description Queued jobs of a higher priority start first. Jobs of the same priority start in the order of submission.
             * @default 0
             * @example 10
             */
            priority?: number;
            metadata?: components["schemas"]["Metadata"];
            /**
             * Notes
             * @description Free text about the job, up to 4,000 characters. Default: none.
             * @example Second try, with cutout.
             */
            notes?: string;
            /**
             * Planned changes
             * @description Live changes that the job applies at given steps, in ascending order. The `changes` and the spec of a model train the same weights again, bit by bit. Default: none.
             * @example [
             *       {
             *         "step": 1000,
             *         "to": {
             *           "learningRate": 0.01
             *         }
             *       }
             *     ]
             */
            changes?: {
                /** @description Number of the change in the model it is copied from. Ignored. */
                number?: number;
                /**
                 * Step
                 * @description Steps of the whole run after which the change takes effect.
                 * @example 1000
                 */
                step: number;
                /** @description Values before the change. Ignored. */
                from?: {
                    /**
                     * Learning rate
                     * @description Step size of the optimizer. With a schedule, its highest value.
                     * @example 0.001
                     * @example 0.1
                     */
                    learningRate?: number;
                    /**
                     * Epochs
                     * @description Passes over the training images.
                     * @example 5
                     * @example 30
                     */
                    epochs?: number;
                    /**
                     * Patience
                     * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                     * @example 5
                     */
                    patience?: number | null;
                    /**
                     * Time limit
                     * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                     * @example 3600
                     */
                    maxSeconds?: number | null;
                };
                /** @description New values. */
                to: {
                    /**
                     * Learning rate
                     * @description Step size of the optimizer. With a schedule, its highest value.
                     * @example 0.001
                     * @example 0.1
                     */
                    learningRate?: number;
                    /**
                     * Epochs
                     * @description Passes over the training images.
                     * @example 5
                     * @example 30
                     */
                    epochs?: number;
                    /**
                     * Patience
                     * @description Training stops after this many epochs in a row without an improvement. null: it never stops early, and the metric only chooses the best epoch.
                     * @example 5
                     */
                    patience?: number | null;
                    /**
                     * Time limit
                     * @description Longest training time over all attempts. Time in the queue, in a pause or during a start does not count. At the limit the job succeeds with the weights it has. null: no limit.
                     * @example 3600
                     */
                    maxSeconds?: number | null;
                };
            }[];
            /**
             * Webhooks
             * @description Addresses that receive frames of the job, signed as Standard Webhooks (standardwebhooks.com) specifies. At most 5. Default: none.
             * @example [
             *       {
             *         "url": "https://example.com/hooks/training",
             *         "events": [
             *           "end"
             *         ]
             *       }
             *     ]
             */
            webhooks?: components["schemas"]["WebhookRequest"][];
        };
        /** @description Checkpoint of a job, or a model, to start from. The network is always that of the starting point. Options that the request omits have the values of the starting point. */
        StartRequest: {
            /**
             * Job
             * Format: uuid
             * @description Id of the job that wrote the checkpoint. Give `job` or `model`, not both.
             * @example 0d4c6b1e-6f0a-4c7e-9a44-1f2f7c1f9f10
             */
            job?: string;
            /**
             * Checkpoint
             * @description Checkpoint of the job: the newest (`last`), the one of the best epoch by the validation split (`best`), or the one at the end of an epoch, by its number. Only with `job`; default `last`.
             * @example best
             * @example 12
             */
            checkpoint?: ("best" | "last") | number;
            /**
             * Model
             * @description `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label).
             * @example boots@stable
             */
            model?: string;
            /**
             * Mode
             * @description `continue`: continue the run of a checkpoint with its optimizer slots, averages and position. `fine-tune`: start a new run from the weights and BatchNorm’s running statistics. Default: `continue` from a job, `fine-tune` from a model.
             * @example fine-tune
             * @enum {string}
             */
            mode?: "continue" | "fine-tune";
            /**
             * Recipe
             * @description `fine-tune`: settings for few images of another data set. First the head trains alone, then all layers at discriminative rates. The recipe chooses optimizer, `batchSize`, `epochs` and `phases`, and keeps the normalization of the starting point; the plan shows them, and the spec stores them. Fields of the request come first. Implies `mode: "fine-tune"`.
             * @example fine-tune
             * @enum {string}
             */
            recipe?: "fine-tune";
        };
        /** @description Source of the initial weights. Absent if they are random. */
        StartSpec: {
            /**
             * Format: uuid
             * @description Job that wrote the checkpoint.
             */
            job?: string;
            checkpoint?: {
                /** @description Epoch in progress, or the next one. */
                epoch: number;
                /** @description Steps done in this epoch. */
                step: number;
                /** @description Steps done in the whole run. */
                steps: number;
            };
            model?: components["schemas"]["ModelReference"];
            /** @description SHA-256 of the checkpoint, or of the model’s weights file. */
            sha256: string;
            /**
             * Mode
             * @description `continue`: continue the run of a checkpoint with its optimizer slots, averages and position. `fine-tune`: start a new run from the weights and BatchNorm’s running statistics. Default: `continue` from a job, `fine-tune` from a model.
             * @example fine-tune
             * @enum {string}
             */
            mode: "continue" | "fine-tune";
            /**
             * @description Recipe that set the phases. Absent without one.
             * @constant
             */
            recipe?: "fine-tune";
            /**
             * @description `taken`: the last layer has the weights of the starting point. `new`: it is initialized from the seed, because the classes have other names, another order or another number.
             * @enum {string}
             */
            head: "taken" | "new";
            /**
             * @description Present if the weights are for colour images and the job’s images are grey: the first convolution is summed over its input channels.
             * @constant
             */
            input?: "summed";
        };
        FramePage: {
            frames: components["schemas"]["Frame"][];
            /** @description Number of the last frame that this answer covers, whether it is in the answer or was left out. A follower continues with `after=<lastSeq>`. */
            lastSeq: number;
            /** @description The `after` of the next page. Absent on the last page. */
            nextAfter?: number;
            /** @description Number of `step` frames that `points` left out. Absent without `points`. */
            leftOut?: number;
        };
        /**
         * StreamCursor
         * @description Only with `since`: every frame and notice before this cursor has been sent. The first one says that the stream is live.
         */
        StreamCursor: {
            /** @constant */
            type: "cursor";
            /** @description Send it as `since` on the next connection, which continues here. */
            cursor: string;
        };
        /**
         * JobNotice
         * @description Only with `since`: name, notes, metadata or queue position of the job were `edited`, so read it again; or the job was `deleted`. A notice may be repeated.
         */
        JobNotice: {
            /** @constant */
            type: "notice";
            /** @enum {string} */
            event: "edited" | "deleted";
            /** Format: uuid */
            jobId: string;
            /** Format: date-time */
            at: string;
        };
        TrainerLog: {
            /** @description Attempt of the trainer. */
            attempt: number;
            /**
             * Format: date-time
             * @description Time of its end.
             */
            at: string;
            /** @description Last lines of its standard output and standard error, at most 100 lines and 16 KiB, without control characters and credentials. */
            lines: string[];
            /** @description Number of lines before them. */
            leftOut: number;
        };
        Problem: {
            /** @description Always `about:blank`. Programs use `code`. */
            type: string;
            /** @description Title of the code. */
            title: string;
            /** @description HTTP status. */
            status: number;
            /** @description Stable, for programs. */
            code: string;
            /** @description What is wrong, what is allowed, and what to do next, for people. */
            detail: string;
            errors?: {
                /** @description JSON Pointer to the field in the body, `?name` for a query parameter, or `header name`. */
                pointer: string;
                message: string;
                /** @description Value that the field would accept, for example the largest batch that fits. Absent if none is known. */
                suggestion?: number;
            }[];
        };
        Liveness: {
            /** @constant */
            status: "ok";
        };
        CheckResult: {
            name: string;
            ok: boolean;
            /** @description Why the check failed, or a note if it passed. */
            detail?: string;
        };
        Readiness: {
            /** @enum {string} */
            status: "ready" | "not ready";
            checks: components["schemas"]["CheckResult"][];
        };
        ServiceIndex: {
            /** @constant */
            name: "trainyard";
            /** @description Version of the service. */
            version: string;
            /** @description Resources, relative to the address of this answer: so they also hold behind a path prefix. */
            links: {
                /** Format: uri-reference */
                console: string;
                /** Format: uri-reference */
                docs: string;
                /** Format: uri-reference */
                openapi: string;
                /** Format: uri-reference */
                jobs: string;
                /** Format: uri-reference */
                models: string;
                /** Format: uri-reference */
                datasets: string;
                /** Format: uri-reference */
                predict: string;
                /** Format: uri-reference */
                networks: string;
                /** Format: uri-reference */
                workers: string;
                /** Format: uri-reference */
                deliveries: string;
                /** Format: uri-reference */
                storage: string;
                /** Format: uri-reference */
                settings: string;
                /** Format: uri-reference */
                readiness: string;
                /** Format: uri-reference */
                liveness: string;
                /** Format: uri-reference */
                metrics: string;
            };
        };
        Setting: {
            /** @description Name of the environment variable. */
            name: string;
            description: string;
            /** @description Value without the variable. Empty: see the description. */
            default: string;
            /** @description Value in use. Absent if it may contain a secret. */
            value?: string;
            /** @description Whether the variable is set to another value than the default. */
            isSet: boolean;
        };
        StorageEntry: {
            /** @description Name of the model or data set, or id of the job. */
            name: string;
            /** @description Size of the files, in bytes. */
            bytes: number;
            /**
             * Format: date-time
             * @description Time of the latest change of a file.
             */
            changedAt: string;
        };
        StorageKindUse: {
            /**
             * @description `models`: `DELETE /models/{name}` and `…/{version}` free their space. `checkpoints`: of jobs, `DELETE /storage/checkpoints/{id}`. `datasets`: imported ones, `DELETE /datasets/{name}`. `tensorboard`: event files of jobs, `DELETE /storage/tensorboard/{id}`. `queue`: the embedded Redis with jobs and frames.
             * @enum {string}
             */
            kind: "models" | "checkpoints" | "datasets" | "tensorboard" | "queue";
            /** @description Size of the files, in bytes. */
            bytes: number;
            /** @description Number of models, data sets or jobs. */
            entries: number;
            /** @description The largest entries, at most 50, the largest first. */
            largest: components["schemas"]["StorageEntry"][];
        };
        StorageUse: {
            /** @description Space that the service may fill, in bytes. */
            freeBytes: number;
            /** @description Size of the file system of DATA_DIR, in bytes. */
            totalBytes: number;
            kinds: components["schemas"]["StorageKindUse"][];
            /**
             * Format: date-time
             * @description Answers may be up to 10 seconds old.
             */
            measuredAt: string;
        };
        /** @description A job for a new network, or a job that starts from a checkpoint or a model. */
        JobSubmission: components["schemas"]["JobRequest"] | components["schemas"]["JobFromRequest"];
        /** @description A job for a new network. Only `network` is required. */
        JobRequest: components["schemas"]["ResnetJobRequest"] | components["schemas"]["DensenetJobRequest"];
        /** @description The network of the imported weights, and its input. */
        ModelImport: components["schemas"]["ResnetImport"] | components["schemas"]["DensenetImport"] | components["schemas"]["AutoImport"];
        /** @description The optimizer with every option filled in. */
        OptimizerSpec: components["schemas"]["AdamSpec"] | components["schemas"]["AdamWSpec"] | components["schemas"]["SgdSpec"];
        /** @description The optimizer. Without `name`: Adam. */
        OptimizerRequest: components["schemas"]["AdamRequest"] | components["schemas"]["AdamWRequest"] | components["schemas"]["SgdRequest"];
        /** @description Options that differ from the starting point. Without `name`: its optimizer. */
        OptimizerOverride: components["schemas"]["AdamOverride"] | components["schemas"]["AdamWOverride"] | components["schemas"]["SgdOverride"];
        /** @description The learning rate schedule with every option filled in. */
        ScheduleSpec: components["schemas"]["ConstantSchedule"] | components["schemas"]["StepSchedule"] | components["schemas"]["MultiStepSchedule"] | components["schemas"]["CosineSchedule"] | components["schemas"]["OneCycleSchedule"];
        /** @description The learning rate schedule. */
        ScheduleRequest: components["schemas"]["ConstantScheduleRequest"] | components["schemas"]["StepScheduleRequest"] | components["schemas"]["MultiStepScheduleRequest"] | components["schemas"]["CosineScheduleRequest"] | components["schemas"]["OneCycleScheduleRequest"];
        /** @description Options that differ from the starting point. */
        ScheduleOverride: components["schemas"]["ConstantScheduleOverride"] | components["schemas"]["StepScheduleOverride"] | components["schemas"]["MultiStepScheduleOverride"] | components["schemas"]["CosineScheduleOverride"] | components["schemas"]["OneCycleScheduleOverride"];
        /** @description One message of the stream: a JSON text message of the WebSocket, the data of a server-sent event, or an item of the history. */
        Frame: components["schemas"]["StatusFrame"] | components["schemas"]["ChangeFrame"] | components["schemas"]["ResumeFrame"] | components["schemas"]["StartFrame"] | components["schemas"]["StepFrame"] | components["schemas"]["EpochFrame"] | components["schemas"]["EndFrame"] | components["schemas"]["GapFrame"];
    };
    responses: never;
    parameters: {
        /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
        Project: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listJobs: {
        parameters: {
            query?: {
                /** @description Jobs per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page, which had the same `sort`. Absent: the first page. */
                cursor?: string;
                /** @description Order of the jobs, with `-` in front from high to low. `created`: by submission. `name`, `dataset`, `network`: by name, and numbers in names by value. `learningRate`, `batchSize`: of the spec. `bestAccuracy`: validation accuracy of the best epoch. `validationAccuracy`, `testAccuracy`, `trainLoss`: of the last epoch. `duration`: of the last attempt, once the job has ended. `ended`: by the time of the end. `position`: in the queue. Jobs without such a value come last in both directions, the newest first. If a value changes between two pages, its job may appear on both or on none. */
                sort?: "created" | "-created" | "name" | "-name" | "dataset" | "-dataset" | "network" | "-network" | "learningRate" | "-learningRate" | "batchSize" | "-batchSize" | "bestAccuracy" | "-bestAccuracy" | "validationAccuracy" | "-validationAccuracy" | "testAccuracy" | "-testAccuracy" | "trainLoss" | "-trainLoss" | "duration" | "-duration" | "ended" | "-ended" | "position" | "-position";
                /** @description Returns only jobs in these statuses, separated by commas: queued, running, paused, succeeded, failed, cancelled. */
                status?: string;
                /** @description Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name?: string;
                /** @description Returns only jobs with this metadata label, as `key:value`. Several parameters: only jobs with all of them. */
                metadata?: string[];
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submitJob: {
        parameters: {
            query?: {
                /** @description Check the request and answer with what it would take; nothing is queued. Default false. */
                validateOnly?: boolean;
            };
            header?: {
                /** @description Your own key for this submission: 1 to 255 visible ASCII characters. The same key with the same body, defaults filled in, returns the job that was queued the first time. With another body the answer is 422. */
                "idempotency-key"?: string;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "first",
                 *       "network": "resnet",
                 *       "networkOptions": {
                 *         "stem": "small",
                 *         "width": 16,
                 *         "blocks": [
                 *           1,
                 *           1,
                 *           1
                 *         ]
                 *       },
                 *       "dataset": {
                 *         "resize": 28,
                 *         "trainSamples": 10000,
                 *         "testSamples": 2000
                 *       },
                 *       "epochs": 2
                 *     }
                 */
                "application/json": components["schemas"]["JobSubmission"];
            };
        };
        responses: {
            /** @description Nothing was queued. The job that an earlier request with the same `Idempotency-Key` queued, as it is now; or, with `validateOnly`, the plan of the job. */
            200: {
                headers: {
                    /** @description Present if an earlier request queued the job. */
                    "Idempotency-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"] | components["schemas"]["JobPlan"];
                };
            };
            /** @description The job is queued. */
            202: {
                headers: {
                    /** @description Path of the job. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The `Idempotency-Key` belongs to another request (`idempotency_conflict`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "first",
                 *       "network": "resnet",
                 *       "networkOptions": {
                 *         "stem": "small",
                 *         "width": 16,
                 *         "blocks": [
                 *           1,
                 *           1,
                 *           1
                 *         ]
                 *       },
                 *       "dataset": {
                 *         "resize": 28,
                 *         "trainSamples": 10000,
                 *         "testSamples": 2000
                 *       },
                 *       "epochs": 2
                 *     }
                 */
                "application/json": components["schemas"]["JobSubmission"];
            };
        };
        responses: {
            /** @description What the job would take. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPlan"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: {
                /** @description `discard`: save no model. `keep`: save the best weights so far as a model: those of the best epoch by the validation split, or without validation images those of the last complete epoch. During the first epoch, the current weights. */
                mode?: components["schemas"]["CancelMode"];
                /** @description Delete an ended job instead. Default false. */
                purge?: boolean;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job is cancelled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The job is being cancelled. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The ended job is deleted (`purge=true`). */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job has already ended (`job_ended`). With `purge=true`: it has not ended (`job_state`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `mode=keep` needs to queue the paused job again, and the queue is full (`queue_full`). */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobChange"];
            };
        };
        responses: {
            /** @description The job is changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The job is running and applies the change at its next step. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not for `metadata` and `notes` alone. The job has ended (`job_ended`), is not queued, which a priority needs (`job_not_queued`), or is being cancelled (`job_state`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLog: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last lines. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrainerLog"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job was queued and is paused. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The job is running and will pause at its next step. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is already paused (`job_state`) or has ended (`job_ended`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The limit of paused jobs is reached (`queue_full`): resume or cancel one of them first. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job is queued again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is not paused (`job_state`) or has ended (`job_ended`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moveJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        /** @description Exactly one of `before`, `after` and `to`. */
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "top"
                 *     }
                 */
                "application/json": components["schemas"]["JobMove"];
            };
        };
        responses: {
            /** @description The job with its new `position`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job or the job beside it is not queued (`job_not_queued`). Or the job is being cancelled, or needs one more change than a job can have (`job_state`). Nothing was moved. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: {
                /** @description Number of the last frame already received. Returns only frames with a greater `seq`. 0: from the start. */
                after?: number;
                /** @description Frames per page. The stream, CSV and answers with `points` ignore it. */
                limit?: number;
                /**
                 * @description Returns only frames of these types, separated by commas: status, start, resume, step, epoch, change, gap, end. Default: all. The stream ignores it.
                 * @example step,epoch
                 */
                types?: string;
                /** @description Thins the `step` frames to at most this number, and returns all frames in one answer. In every part of the run it keeps the smallest and the largest value of each number, and the first NaN. It also keeps the first and the last `step` frame, and every frame of another type. Absent: nothing is left out. The stream ignores it. */
                points?: number;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A WebSocket; each message is a `Frame`. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Frames in order of `seq`. */
            200: {
                headers: {
                    /** @description `Accept`. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FramePage"];
                    "text/csv": string;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followJobs: {
        parameters: {
            query?: {
                /** @description Ids of at most 100 jobs, separated by commas. Absent: all jobs. */
                jobs?: string;
                /** @description Last `seq` already received of each job, as `<job>:<seq>,<job>:<seq>`. The stream begins at the start of jobs that are not listed. */
                after?: string;
                /** @description Follows all jobs without their history: from `now` on, or from the cursor of an earlier connection. Not together with `jobs` or `after`. */
                since?: string;
                /** @description Only with `since`: sends also the frames before the cursor of the jobs that had not ended then. The first cursor after them says that they are complete. Default false. */
                history?: boolean;
                /** @description Only with `since`: sends only frames of these types, separated by commas: status, start, resume, step, epoch, change, gap, end. Default: all. */
                types?: string;
                /** @description Only with `since`: sends at most one `step` frame of each job in this time, in milliseconds, and leaves the others out. Default 0: sends all. */
                stepMs?: number;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A WebSocket. This is the schema of each message. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Frame"] | components["schemas"]["StreamCursor"] | components["schemas"]["JobNotice"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The path is a WebSocket. Send an upgrade request. */
            426: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followEvents: {
        parameters: {
            query?: {
                /** @description Number of the last frame already received. Returns only frames with a greater `seq`. 0: from the start. */
                after?: number;
            };
            header?: {
                /** @description Number of the last frame already received. Overrides `after`. */
                "last-event-id"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events; the data of each is a `Frame`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["Frame"];
                };
            };
            /** @description The job has ended, and there is no frame after this one. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource was deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Id of a job. Absent: the newest 10,000 deliveries of all jobs. A page of them may be shorter than `limit`. */
                job?: string;
                /** @description Deliveries per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the newest deliveries. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description Names per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the first names. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of model names. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description Network of the imported weights, and its input. */
                    spec: components["schemas"]["ModelImport"];
                    /** @description Logits that the origin of the weights computed for each `image`, in evaluation mode and before the softmax: JSON, images × classes. */
                    logits?: number[][];
                    /** @description Up to 8 sample images of at most 16 MiB together, as in `POST /predict`. The import is refused unless predictions reproduce their `logits`. */
                    image?: Blob[];
                    /**
                     * Format: binary
                     * @description A safetensors file, or a file of torch.save (.pth, .pt, .bin). Left out if `spec.weights` names the file.
                     */
                    weights?: Blob;
                };
                "application/json": components["schemas"]["ModelImport"];
            };
        };
        responses: {
            /** @description The model is stored as a new version of its name. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelVersion"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The `Idempotency-Key` belongs to another request (`idempotency_conflict`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A file that the request names cannot be downloaded. */
            424: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getModel: {
        parameters: {
            query?: {
                /** @description Versions per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the newest versions. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelSummary"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getModelVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelVersion"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteModelVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLabel: {
        parameters: {
            query?: {
                /** @description Changes per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the newest changes. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version, for example `stable`. */
                label: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The label. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelState"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moveLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Lower-case letters, digits, `_`, `-`; 1 to 64 characters, the first a letter, as `stable` or `canary`. */
                label: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabelRequest"];
            };
        };
        responses: {
            /** @description The label after the request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelState"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version, for example `stable`. */
                label: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The label, which no version has. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelState"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planLabelMove: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Lower-case letters, digits, `_`, `-`; 1 to 64 characters, the first a letter, as `stable` or `canary`. */
                label: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabelRequest"];
            };
        };
        responses: {
            /** @description Whether the label would move, and the scores that the gate compares. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelPlan"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollbackLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version, for example `stable`. */
                label: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The label after the request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelState"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvaluationImages: {
        parameters: {
            query?: {
                /** @description Only images of this class. */
                actual?: string;
                /** @description Only images for which this class was predicted. */
                predicted?: string;
                /** @description true: only correct predictions. false: only wrong ones. */
                correct?: boolean;
                /** @description Order by probability. Default `descending`: the most confident predictions first. */
                order?: "descending" | "ascending";
                /** @description Images per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the first images. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of test images, by the probability of the prediction. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestPredictionPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareEvaluations: {
        parameters: {
            query: {
                /** @description The other version: a reference of a stored model, for example `boots@3` or `boots@stable`. */
                with: string;
                /** @description `fixed`: only the version in the path is right. `broken`: only the other version is right. `any`: both kinds. `bothWrong`: neither is right. Default `any`. */
                change?: "any" | "fixed" | "broken" | "bothWrong";
                /** @description Images per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the first images. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts, and a page of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvaluationComparison"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getEvaluation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evaluation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getEvaluationImage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
                /** @description Index in `confused`, from 0. */
                image: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The image in its original size. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": Blob;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getModelCard: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model card. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/markdown": string;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own key for this submission: 1 to 255 visible ASCII characters. The same key with the same body, defaults filled in, returns the job that was queued the first time. With another body the answer is 422. */
                "idempotency-key"?: string;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label). */
                model: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DatasetEvaluationRequest"];
            };
        };
        responses: {
            /** @description The evaluation that an earlier request with the same `Idempotency-Key` queued, as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetEvaluation"];
                };
            };
            /** @description The evaluation is queued. */
            202: {
                headers: {
                    /** @description Path of the evaluation. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetEvaluation"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The `Idempotency-Key` belongs to another request (`idempotency_conflict`). */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDatasetEvaluations: {
        parameters: {
            query?: {
                /** @description Data set, one of `GET /datasets`. Its classes must be those of the model; their order does not matter. */
                dataset?: string;
                /** @description Only evaluations on this split. */
                split?: "train" | "validation" | "test";
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evaluations, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetEvaluationPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDatasetEvaluation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
                /** @description Id of the evaluation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evaluation. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetEvaluationDetails"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteDatasetEvaluation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
                /** @description Id of the evaluation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDatasetEvaluationImages: {
        parameters: {
            query?: {
                /** @description Only images of this class. */
                actual?: string;
                /** @description Only images for which this class was predicted. */
                predicted?: string;
                /** @description true: only correct predictions. false: only wrong ones. */
                correct?: boolean;
                /** @description Order by probability. Default `descending`: the most confident predictions first. */
                order?: "descending" | "ascending";
                /** @description Images per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the first images. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
                /** @description Id of the evaluation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of images, by the probability of the prediction. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvaluatedImagePage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareOnDataset: {
        parameters: {
            query: {
                /** @description The other version: a reference of a stored model, for example `boots@3` or `boots@stable`. */
                with: string;
                /** @description `fixed`: only the version in the path is right. `broken`: only the other version is right. `any`: both kinds. `bothWrong`: neither is right. Default `any`. */
                change?: "any" | "fixed" | "broken" | "bothWrong";
                /** @description Images per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the first images. */
                cursor?: string;
                /** @description Data set, one of `GET /datasets`. Its classes must be those of the model; their order does not matter. */
                dataset: string;
                /** @description Images of the data set. Default `test`. */
                split?: "train" | "validation" | "test";
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The comparison, and a page of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetComparison"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportModel: {
        parameters: {
            query: {
                /** @description `savedmodel`: a tar archive of `<version>/saved_model.pb` for TensorFlow Serving. `tfjs`: a tar archive of a TensorFlow.js graph model. `onnx`: one ONNX file. `safetensors`: the weights with the names and the layout of PyTorch. */
                format: "savedmodel" | "tfjs" | "onnx" | "safetensors";
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": Blob;
                    "application/octet-stream": Blob;
                };
            };
            /** @description The requested part of the file. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": Blob;
                    "application/octet-stream": Blob;
                };
            };
            /** @description The client already has the file. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The `Range` lies outside the file. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    predict: {
        parameters: {
            query?: {
                /** @description A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded. Default: the version with the label `stable`, if there is exactly one model name; otherwise `model` is required. */
                model?: string;
                /** @description Number of classes to return per image. Default 3. */
                topK?: number;
                /** @description Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false. */
                flip?: boolean;
                /** @description Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false. */
                cropped?: boolean;
                /** @description Whether to return the logit of each class. Default false. */
                logits?: boolean;
                /** @description Whether to return where the network looks: a class activation map of each image (Zhou et al. 2016, arXiv:1512.04150). At most 64 images, fewer if the network's input is larger than 128 × 128. Default false. */
                explain?: boolean;
                /** @description With `explain`: the class whose map is returned. Default: the most probable class of each image. */
                explainClass?: string;
            };
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PredictRequest"];
                "image/png": Blob;
                "image/jpeg": Blob;
                "image/webp": Blob;
                "image/gif": Blob;
                "image/tiff": Blob;
                "image/bmp": Blob;
                "image/avif": Blob;
                "image/heic": Blob;
                "application/octet-stream": Blob;
                "multipart/form-data": {
                    /** @description A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded. Default: the version with the label `stable`, if there is exactly one model name; otherwise `model` is required. */
                    model?: string;
                    /**
                     * @description Number of classes to return per image. Default 3.
                     * @default 3
                     */
                    topK?: number;
                    /**
                     * @description Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false.
                     * @default false
                     */
                    flip?: boolean;
                    /**
                     * @description Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false.
                     * @default false
                     */
                    cropped?: boolean;
                    /**
                     * @description Whether to return the logit of each class. Default false.
                     * @default false
                     */
                    logits?: boolean;
                    /**
                     * @description Whether to return where the network looks: a class activation map of each image (Zhou et al. 2016, arXiv:1512.04150). At most 64 images, fewer if the network's input is larger than 128 × 128. Default false.
                     * @default false
                     */
                    explain?: boolean;
                    /** @description With `explain`: the class whose map is returned. Default: the most probable class of each image. */
                    explainClass?: string;
                    /** @description PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files, in fields of any name. */
                    images: Blob[];
                };
            };
        };
        responses: {
            /** @description The most probable classes of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PredictResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drawMap: {
        parameters: {
            query?: {
                /** @description A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded. Default: the version with the label `stable`, if there is exactly one model name; otherwise `model` is required. */
                model?: string;
                /** @description Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false. */
                flip?: boolean;
                /** @description Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false. */
                cropped?: boolean;
                /** @description The class whose map is drawn. Default: the most probable class. */
                explainClass?: string;
            };
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded. Default: the version with the label `stable`, if there is exactly one model name; otherwise `model` is required. */
                    model?: string;
                    /**
                     * @description Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false.
                     * @default false
                     */
                    flip?: boolean;
                    /**
                     * @description Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false.
                     * @default false
                     */
                    cropped?: boolean;
                    /** @description The class whose map is drawn. Default: the most probable class. */
                    explainClass?: string;
                    /** @description PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files in base64 (a `data:` URL prefix is allowed). */
                    images?: string[];
                    /** @description Pixel values 0 to 255 in the model's input size, as height × width or height × width × channels. */
                    instances?: unknown[];
                };
                "image/png": Blob;
                "image/jpeg": Blob;
                "image/webp": Blob;
                "image/gif": Blob;
                "image/tiff": Blob;
                "image/bmp": Blob;
                "image/avif": Blob;
                "image/heic": Blob;
                "application/octet-stream": Blob;
                "multipart/form-data": {
                    /** @description A model: `name` or `name@latest` (its newest version), `name@3`, `name@stable` (the version that has the label), or `job:<id>@best` and `job:<id>@last`: the best and the last checkpoint of a job that runs, and its model once it has succeeded. Default: the version with the label `stable`, if there is exactly one model name; otherwise `model` is required. */
                    model?: string;
                    /**
                     * @description Whether to predict the mirrored image too and return the mean of both probabilities. Doubles the work. Default false.
                     * @default false
                     */
                    flip?: boolean;
                    /**
                     * @description Whether the images were cropped before, as those of a data set with the fit `resize-crop` were by its import: the model’s crop is left out. Default false.
                     * @default false
                     */
                    cropped?: boolean;
                    /** @description The class whose map is drawn. Default: the most probable class. */
                    explainClass?: string;
                    /** @description PNG, JPEG, WebP, GIF, TIFF, BMP or AVIF files, in fields of any name. */
                    images: Blob[];
                };
            };
        };
        responses: {
            /** @description The image with its map, 512 pixels at most. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": Blob;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV2Live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The health of the server. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        live: boolean;
                        ready: boolean;
                    };
                };
            };
        };
    };
    getV2Ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The health of the server. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        live: boolean;
                        ready: boolean;
                    };
                };
            };
            /** @description The predictor is not ready. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        live: boolean;
                        ready: boolean;
                    };
                };
            };
        };
    };
    getV2Server: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The server. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerMetadata"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listV2Models: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The names. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        models: string[];
                    };
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV2Model: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelMetadata"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2ModelReady: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model has passed the parity check. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        ready: boolean;
                    };
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The model has failed the parity check, as its entry in the repository index says; or the predictor is not ready. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        ready: boolean;
                    } | components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2ModelVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelMetadata"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2ModelReadyVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model has passed the parity check. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        ready: boolean;
                    };
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The model has failed the parity check, as its entry in the repository index says; or the predictor is not ready. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        ready: boolean;
                    } | components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    inferV2Model: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InferenceRequest"];
            };
        };
        responses: {
            /** @description The outputs of all images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InferenceResponse"];
                    "application/octet-stream": unknown;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    inferV2ModelVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model. */
                version: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InferenceRequest"];
            };
        };
        responses: {
            /** @description The outputs of all images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InferenceResponse"];
                    "application/octet-stream": unknown;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2RepositoryIndex: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Whether to list only models that can predict. Default false. */
                    ready?: boolean;
                } | null;
            };
        };
        responses: {
            /** @description The versions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RepositoryIndex"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    loadV2Model: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model is loaded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    unloadV2Model: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model is not loaded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2Statistics: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts since this API process started. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getV2ModelConfig: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The configuration in the format of Triton. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelConfig"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2ModelStatistics: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts since this API process started. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2ModelConfigVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The configuration in the format of Triton. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelConfig"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getV2ModelStatisticsVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts since this API process started. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    predictServing: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServingPredictRequest"];
            };
        };
        responses: {
            /** @description The result of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingPredictResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    predictServingVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServingPredictRequest"];
            };
        };
        responses: {
            /** @description The result of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingPredictResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    predictServingLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version. */
                label: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServingPredictRequest"];
            };
        };
        responses: {
            /** @description The result of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingPredictResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    classifyServing: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServingClassifyRequest"];
            };
        };
        responses: {
            /** @description The result of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingClassifyResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    classifyServingVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServingClassifyRequest"];
            };
        };
        responses: {
            /** @description The result of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingClassifyResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    classifyServingLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Deadline of the request in ms: after it the answer is 504. At most the setting PREDICT_TIMEOUT_MS, which is the default. */
                "x-request-timeout-ms"?: number;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version. */
                label: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServingClassifyRequest"];
            };
        };
        responses: {
            /** @description The result of each image, in the order of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingClassifyResponse"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    regressServing: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    regressServingVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    regressServingLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version. */
                label: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The answer was not ready before the deadline (`deadline_exceeded`). */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getServingStatus: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The versions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingStatus"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getServingMetadata: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signature. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingMetadata"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getServingStatusVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The versions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingStatus"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getServingMetadataVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Version of the model, from 1. */
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signature. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingMetadata"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getServingStatusLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version. */
                label: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The versions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingStatus"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    getServingMetadataLabel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the model. */
                name: string;
                /** @description Label of a version. */
                label: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signature. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServingMetadata"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtocolError"];
                };
            };
        };
    };
    listNetworks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The networks with their variants and options. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        networks: components["schemas"]["NetworkInfo"][];
                    };
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    summarizeNetwork: {
        parameters: {
            query?: {
                /** @description Channels (1 or 3), height and width of an image, in pixels, at most 999 each. */
                input?: string;
                /** @description Number of classes. */
                classes?: number;
                /** @description Variant of the network, from `GET /networks`. Default: the first. This parameter and the following ones are network options. */
                variant?: string;
                /**
                 * @description `classic`: a 7×7 convolution and a 3×3 max pool, both with stride 2. `small`: one convolution with stride 1 and no pool, for images of 28 to 64 pixels.
                 * @example small
                 */
                stem?: "classic" | "small";
                /**
                 * @description Side of the first convolution. Must be 7 with the classic stem (its default), and 3 (default) or 5 with the small stem.
                 * @example 3
                 */
                stemKernel?: 3 | 5 | 7;
                /** @description Channels of a ResNet’s first stage, or of a DenseNet’s stem. */
                width?: number;
                /** @description Channels that each layer of a DenseNet adds. */
                growth?: number;
                /** @description Residuals or layers of each stage, for example 3,4,6,3: 1 to 6 whole numbers, separated by commas, at most 36 each for a ResNet and 64 for a DenseNet. */
                blocks?: string;
                /** @description Images per step. If present, the answer has the memory of training with Adam in float32 on Fashion-MNIST. `input` must be square. */
                batchSize?: number;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of a network from `GET /networks`. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The network with this input. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NetworkSummary"];
                    "text/plain": string;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDatasets: {
        parameters: {
            query?: {
                /** @description Data sets per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the first data sets. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the data sets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDataset: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The data set. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetails"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importDataset: {
        parameters: {
            query?: {
                /** @description Side of the stored images, in pixels. `fit` decides how other shapes become square. It is the default of `dataset.resize`; a larger `resize` adds no detail. */
                side?: number;
                /** @description 3: colour. 1: grey. */
                channels?: 1 | 3;
                /** @description Background behind transparent images and around narrow ones: `black`, `white`, or `#rrggbb` (`%23rrggbb` in a URL). Predictions use the same. */
                background?: string;
                /** @description `contain`: the whole image with its aspect ratio; the background fills the rest. `cover`: the centre, as large as it fits. `stretch`: the whole image without its aspect ratio. `resize-crop`: the shorter side becomes side / `cropShare`, and the centre is cut out, as torchvision’s `Resize` and `CenterCrop` do. */
                fit?: "contain" | "cover" | "stretch" | "resize-crop";
                /** @description Share of the resized image's shorter side that the crop keeps. Only for `resize-crop`, default 0.875: 224 of 256 pixels. */
                cropShare?: number;
                /** @description `managed`: colour profiles are converted to sRGB, and transparent pixels show the background. `plain`: profiles and transparency are ignored, as Pillow’s `convert("RGB")` and TensorFlow’s decoders do. Both turn the image upright by its EXIF data. Default `managed`. */
                decoding?: "managed" | "plain";
                /** @description `fast`: libvips, which decodes large JPEG and WebP files at a reduced size; close to antialiased bilinear. `bilinear` and `bicubic`: the pixels of Pillow and torchvision. `fast` is only for `contain`, `managed` and `antialias: true`. There it is the default; elsewhere the default is `bilinear`. */
                interpolation?: "fast" | "bilinear" | "bicubic";
                /** @description Whether `bilinear` and `bicubic` average over all pixels when they make an image smaller, as Pillow does. `false`: they read the nearest 4 or 16 pixels, as TensorFlow’s `resize` does by default. Default true. */
                antialias?: boolean;
                /** @description `refuse`: reject an archive with an unusable image. `skip`: leave unusable images out and list them with their reasons. */
                onError?: "refuse" | "skip";
                /** @description What to do with images that occur in several splits, with the same pixels or as near duplicates. `report`: keep them and say so. `move`: move test and validation images to the split of their twins that is trained on most (training before validation), so that the remaining test images are new to the model; images of one group move together. `drop`: leave out the training image, or the validation image of a test image; test images stay as they are. */
                onLeak?: "report" | "move" | "drop";
                /** @description Share of each class that becomes test images, at least one image, if the archive has no test split of its own. The choice depends only on the paths of the images and on `seed`. */
                testShare?: number;
                /** @description Share of all images that becomes the data set’s own validation split, if the archive has none. 0: no validation split. */
                validationShare?: number;
                /** @description true: each class gives its share to the drawn splits (largest-remainder method). false: classes do not matter. */
                stratified?: boolean;
                /**
                 * @description Images of one group stay in one split. With parentheses: a regular expression with one group, such as `^(patient\d+)_`. It applies to the file name, or to the whole path if it contains a slash. Without parentheses: the name of a column of the manifest. Default: the column `group`, if the manifest has one.
                 * @example ^([a-z]+\d+)-
                 */
                groups?: string;
                /** @description Seed of the drawn splits. With 0 the choice depends on the paths of the images alone. */
                seed?: number;
            };
            header?: {
                /** @description `respond-async`: answer with 202 and the import as soon as the archive has arrived, or its download begins. The service may ignore it and answer at the end. */
                prefer?: string;
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/zip": Blob;
                "application/octet-stream": Blob;
                "application/json": components["schemas"]["DatasetSource"];
            };
        };
        responses: {
            /** @description The data set. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetDetails"];
                };
            };
            /** @description The archive has arrived, and its images are being read. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportStatus"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A file that the request names cannot be downloaded. */
            424: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A limit is reached (`queue_full`, `too_many_requests`). Try again after the seconds in `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is full. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeDataset: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The data set is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLeftOut: {
        parameters: {
            query?: {
                /** @description Files per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the files, by path. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LeftOutPage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listImports: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The imports. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportList"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getImport: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the import. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The import. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportStatus"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelImport: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the import. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The import, as it was before. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportStatus"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDatasetImages: {
        parameters: {
            query?: {
                /** @description Split to list. */
                split?: "train" | "validation" | "test";
                /** @description Name of a class. Absent: the images of all classes. */
                class?: string;
                /** @description Images per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page, or the number of the image to begin with. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetImagePage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDatasetImage: {
        parameters: {
            query?: {
                /** @description Version of the split, as in the URLs of the list. The answer may then be kept forever; 404 if the data set was replaced. Absent: the current image, with an `ETag`. */
                version?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
                /** @description Split. `validation` exists if the data set has a validation split of its own. */
                split: "train" | "validation" | "test";
                /** @description Number of the image in its split. */
                index: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The image. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": Blob;
                };
            };
            /** @description The image is that of `If-None-Match`. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDatasetReport: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetReport"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBlankImages: {
        parameters: {
            query?: {
                /** @description Images per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the images. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BlankImagePage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service failed, for example because a model is corrupt. The log has the details. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDuplicates: {
        parameters: {
            query?: {
                /** @description `leak`: groups in several splits. `conflict`: groups in several classes. `copy`: groups in one class of one split. Absent: all. */
                kind?: "leak" | "conflict" | "copy";
                /** @description `same`: groups with the same pixels. `near`: groups of images that look alike. */
                match?: "same" | "near";
                /** @description Groups per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Name of the data set. Lower-case letters, digits, `.`, `_`, `-`; 1 to 64 characters, the first a letter or digit. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the groups. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DuplicatePage"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Workers that reported within the last 15 seconds. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        workers: components["schemas"]["WorkerInfo"][];
                    };
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: {
                /** @description Purpose to check. `predict`: the service can answer predictions, which need no Redis. `jobs`: it can accept, show and stream jobs. Absent: both. */
                for?: "predict" | "jobs";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every check passed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A check failed; `checks` says which. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getIndex: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The index. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceIndex"];
                };
            };
            /** @description The console, for browsers. */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service runs without authentication (`authentication_off`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyRequest"];
            };
        };
        responses: {
            /** @description The new key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service runs without authentication (`authentication_off`). Or there are too many keys (`key_limit`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service runs without authentication (`authentication_off`). Or this is the last key with the scope `admin` (`last_admin_key`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjects: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The projects, `default` first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        projects: {
                            /**
                             * @description Name of a project: 1 to 64 lower-case letters, digits, `.`, `_` and `-`, the first a letter or digit.
                             * @example boots
                             */
                            name: string;
                            description?: string;
                            /**
                             * Format: date-time
                             * @description Time of creation. Absent: the project `default`.
                             */
                            createdAt?: string;
                            /** @description Name of the creator. Absent: the project `default`. */
                            createdBy?: string;
                        }[];
                    };
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description Name of a project: 1 to 64 lower-case letters, digits, `.`, `_` and `-`, the first a letter or digit.
                     * @example boots
                     */
                    name: string;
                    /** @description Text for people, up to 500 characters. */
                    description?: string;
                };
            };
        };
        responses: {
            /** @description The new project. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Name of a project: 1 to 64 lower-case letters, digits, `.`, `_` and `-`, the first a letter or digit.
                         * @example boots
                         */
                        name: string;
                        description?: string;
                        /**
                         * Format: date-time
                         * @description Time of creation. Absent: the project `default`.
                         */
                        createdAt?: string;
                        /** @description Name of the creator. Absent: the project `default`. */
                        createdBy?: string;
                    };
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body arrived too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The name is taken (`project_exists`), or there are too many projects (`project_limit`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createTicket: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamTicket"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service runs without authentication (`authentication_off`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sender. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signed-in sender. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service runs without authentication (`authentication_off`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description Entries per page. */
                limit?: number;
                /** @description The `nextCursor` of the previous page. Absent: the newest entries. */
                cursor?: string;
            };
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the log, or all of it. */
            200: {
                headers: {
                    /** @description `Accept`. */
                    Vary?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                    "application/x-ndjson": string;
                };
            };
            /** @description The request is invalid. `errors` points to each wrong field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service runs without authentication (`authentication_off`). */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStorage: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The space. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageUse"];
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeCheckpoints: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The checkpoints are deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeEventFiles: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path: {
                /** @description Id of the job, a UUID. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event files are deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The resource does not exist. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request conflicts with the current state, for example with the status of the job, a label or a name that is taken. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The media type is not supported here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The service cannot answer at the moment. Try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All settings. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        settings: components["schemas"]["Setting"][];
                    };
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMonitoring: {
        parameters: {
            query?: never;
            header?: {
                /** @description Project of the request, for senders with the scope `admin`. Default: the project of the sender. */
                "Trainyard-Project"?: components["parameters"]["Project"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs by status, training rates, predictions by model, request latency, process metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description The key, token or session is missing, wrong, revoked or expired (`unauthorized`). Only with AUTH=keys. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A page of another origin may not make this request (`forbidden_origin`), or the sender lacks the scope (`forbidden`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    receiveFrame: {
        parameters: {
            query?: never;
            header: {
                /** @description `<job>-<seq>`. A message that is sent again has the same id, so that a receiver can ignore it. */
                "webhook-id": string;
                /** @description Time of sending, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookMessage"];
            };
        };
        responses: {
            /** @description Received. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not wanted. The service does not send this message again. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
/** Stable codes of the service's errors. */
export type ErrorCode =
    | 'invalid_request'
    | 'invalid_shape'
    | 'invalid_weights'
    | 'invalid_dataset'
    | 'invalid_image'
    | 'unauthorized'
    | 'forbidden'
    | 'forbidden_origin'
    | 'not_found'
    | 'job_not_found'
    | 'dataset_not_found'
    | 'model_not_found'
    | 'label_not_found'
    | 'import_not_found'
    | 'evaluation_not_found'
    | 'log_not_found'
    | 'event_files_not_found'
    | 'key_not_found'
    | 'checkpoint_not_found'
    | 'method_not_allowed'
    | 'request_timeout'
    | 'job_not_queued'
    | 'job_ended'
    | 'job_state'
    | 'dataset_exists'
    | 'import_cancelled'
    | 'dataset_held'
    | 'classes_differ'
    | 'label_held'
    | 'label_moved'
    | 'label_limit'
    | 'label_gate'
    | 'evaluation_mismatch'
    | 'authentication_off'
    | 'last_admin_key'
    | 'project_not_found'
    | 'project_exists'
    | 'project_limit'
    | 'key_limit'
    | 'stream_ahead'
    | 'stream_gone'
    | 'payload_too_large'
    | 'unsupported_media_type'
    | 'range_not_satisfiable'
    | 'idempotency_conflict'
    | 'logits_mismatch'
    | 'download_failed'
    | 'upgrade_required'
    | 'queue_full'
    | 'too_many_requests'
    | 'headers_too_large'
    | 'client_gone'
    | 'internal'
    | 'training_failed'
    | 'evaluation_failed'
    | 'trainer_hung'
    | 'trainer_died'
    | 'diverged'
    | 'out_of_memory'
    | 'dataset_corrupt'
    | 'model_corrupt'
    | 'start_corrupt'
    | 'record_corrupt'
    | 'model_parity'
    | 'worker_lost'
    | 'worker_stopped'
    | 'worker_unfit'
    | 'storage_unavailable'
    | 'unavailable'
    | 'redis_unavailable'
    | 'predictor_unavailable'
    | 'deadline_exceeded'
    | 'insufficient_storage';
