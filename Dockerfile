# Any image with Python 3.11 and pip will do; the slim one is small and carries no compiler.
ARG BASE_IMAGE=python:3.11-slim
FROM ${BASE_IMAGE}

# Empty: torch from PyPI, built for CUDA 13.0 (NVIDIA driver 580 or newer). For an older driver, give the index that
# PyTorch's install page names for it: --build-arg TORCH_INDEX_URL=...
ARG TORCH_INDEX_URL=""

# A fixed user, never root. 1000 is the first user of most Linux machines: photos that are private to them can be read.
# /models and /data are made here, so that fresh volumes over them belong to that user.
RUN useradd --uid 1000 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin lychee \
    && install --directory --owner=lychee --group=lychee /models /data

# Relative paths below, and where Streamlit looks for its settings.
WORKDIR /app

# Dependencies before source: a change of ours rebuilds the small layers only.
COPY requirements.txt ./
COPY locks ./locks

# torch by itself: it is the largest layer, and the one whose index depends on the driver. Every file is one whose hash
# stands in the lock; of another index no hashes are known.
RUN if [ -z "${TORCH_INDEX_URL}" ]; then \
        set -- --no-deps --require-hashes -r locks/torch.txt; \
    else \
        grep -E '^torch(vision)?==' requirements.txt > /tmp/torch.txt; \
        set -- --index-url "${TORCH_INDEX_URL}" -r /tmp/torch.txt; \
    fi \
    && python -m pip install --no-cache-dir --root-user-action=ignore "$@" \
    && rm -f /tmp/torch.txt

# All the rest; torch is there already and stays as it is.
RUN python -m pip install --no-cache-dir --root-user-action=ignore --no-deps --require-hashes -r locks/app.txt

# The sample gallery, twice: users mount their own photos over the first; the second stays to be offered.
COPY images ./images
COPY images ./samples

# The package as anybody installs it, with its command; owned by root, so that nothing that runs can change it. Built
# with the setuptools of the lock: nothing is fetched.
COPY LICENSE README.md pyproject.toml requirements.txt requirements-client.txt requirements-bulk.txt /src/
COPY lychee_rerank /src/lychee_rerank
RUN python -m pip install --no-cache-dir --root-user-action=ignore --no-index --no-deps --no-build-isolation /src \
    && rm -rf /src

# The page, and what starts it.
COPY app.py serve.py ./
COPY .streamlit ./.streamlit

# Offline and silent by default (`lychee-rerank fetch` alone goes out); the hub's cache lies on the volume of the
# weights; log lines appear at once; the page listens on all of the container's addresses, or no port could be
# published.
ENV HF_HUB_OFFLINE=1 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    DO_NOT_TRACK=1 \
    HF_HOME=/models/huggingface \
    LYCHEE_MODELS_DIR=/models \
    LYCHEE_DATA_DIR=/data \
    LYCHEE_IMAGES_DIR=/app/images \
    LYCHEE_SAMPLES_DIR=/app/samples \
    PYTHONUNBUFFERED=1 \
    LYCHEE_ADDRESS=0.0.0.0

# By number, so that orchestrators can see that it is not root.
USER 1000:1000

# What outlives the container: 17 GB of weights, and our own state. /app/images is a plain folder to mount over.
VOLUME ["/models", "/data"]

# The page.
EXPOSE 8501

# In Python, as the slim image has no curl; past any proxy, which could not reach this loopback.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; path = os.environ.get('LYCHEE_BASE_PATH', '').strip('/'); u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8501/' + (path and path + '/') + '_stcore/health', timeout=4)"]

# Without a shell in between, so that the stop signal reaches the server.
CMD ["python", "serve.py"]
